"""Statistics of experiments: from the values of units to differences, intervals, power and what they mean in words.

Whatever holds an array here may hold one figure or many, one for each of many experiments: simulations compute
thousands at a time with the code that computes one.
"""
