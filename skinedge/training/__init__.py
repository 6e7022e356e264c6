"""How a model is trained: recipes, augmentation, losses, distillation, model soups, runs that resume."""
