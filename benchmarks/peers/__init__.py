"""The others, each as a good engineer of it would set it up."""
