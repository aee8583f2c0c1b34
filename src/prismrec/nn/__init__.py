"""Building blocks of the models that are trained: functions and small modules, no model names."""
