drop schema if exists ours cascade;
