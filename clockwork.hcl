# The example deployment: `cargo xtask deploy-efs --sandbox` carries it out.

variable "region" {
  type        = string
  default     = "eu-west-1"
  description = "AWS region"
}

variable "cluster_name" {
  type        = string
  default     = "graphscope-dev"
  description = "EKS cluster"
}

module "network" {
  source       = "./modules/network"
  aws_region   = var.region
  cluster_name = var.cluster_name
}

module "efs_csi" {
  source              = "./modules/csi/efs"
  aws_region          = var.region
  cluster_name        = var.cluster_name
  subnet_ids          = module.network.private_subnets
  security_group_id   = module.network.security_group_id
  storage_class_name  = "efs-sc"
}

# In an account of your own, a security group for the mount targets alone is better than the
# cluster's: write `security_group = "own"` and `nfs_clients = "nodes"` in the place of
# `security_group_id`.
