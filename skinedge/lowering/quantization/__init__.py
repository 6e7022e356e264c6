"""How a network becomes int8: observers, fake quantization, sensitivity, bias correction, recalibration, the plan."""
