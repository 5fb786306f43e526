"""What a camera's own frames tell about it: noise, dark signal, shading, defects."""
