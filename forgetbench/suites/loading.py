from forgetbench.lm_eval_bridge import embedded_task_files, load_tasks

__all__ = ["embedded_task_files", "load_tasks"]
