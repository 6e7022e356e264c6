"""What happens to pixels before the network: shades of gray, CLAHE, the pipeline, as torch modules that export."""
