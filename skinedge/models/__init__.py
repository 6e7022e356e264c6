"""What a model is: backbones, clinical encoder and imputer, fusions, decoder, LesionNet, checkpoint, inference module."""
