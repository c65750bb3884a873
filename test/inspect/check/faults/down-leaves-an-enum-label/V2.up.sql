alter type mood add value if not exists 'so_so';
