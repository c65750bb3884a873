drop type if exists mood;
