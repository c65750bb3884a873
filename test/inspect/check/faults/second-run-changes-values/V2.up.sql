update people set age = age + 1;
