"""Asks a model with a prompt and a temperature, traces each call, and scores the answers."""

import argparse

import mlflow
from mlflow.entities import AssessmentSource

from model import CAPITALS, complete

PROMPTS = {
    "plain": "What is the capital of {country}?",
    "short": "What is the capital of {country}? Answer with one word.",
    "careful": "Think step by step. What is the capital of {country}? Answer with one word.",
}

parser = argparse.ArgumentParser()
parser.add_argument("--prompt", choices=PROMPTS, required=True)
parser.add_argument("--temperature", type=float, required=True)
args = parser.parse_args()


@mlflow.trace(span_type="LLM")
def call(prompt, temperature):
    answer = complete(prompt, temperature, seed=0)
    tokens = {name: answer[name] for name in ("input_tokens", "output_tokens")}
    tokens["total_tokens"] = sum(tokens.values())
    mlflow.get_current_active_span().set_attribute("mlflow.chat.tokenUsage", tokens)
    return answer["text"]


@mlflow.trace
def ask(country):
    return call(PROMPTS[args.prompt].format(country=country), args.temperature).rstrip(".")


judge = AssessmentSource(source_type="CODE", source_id="exact match")
with mlflow.start_run():
    right = 0
    for country, capital in CAPITALS.items():
        is_right = ask(country) == capital
        right += is_right
        mlflow.flush_trace_async_logging()
        mlflow.log_feedback(trace_id=mlflow.get_last_active_trace_id(), name="right", value=is_right, source=judge)
    mlflow.log_metric("accuracy", right / len(CAPITALS))
