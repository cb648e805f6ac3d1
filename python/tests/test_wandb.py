"""The drop-in for W&B."""

import unittest

from . import support

PARAMS = {"lr": 0.1, "optimizer": {"momentum": 0.9}}


class Wandb(unittest.TestCase):
    def setUp(self) -> None:
        self.server = support.Server()
        self.addCleanup(self.server.close)
        self.place = support.Place()
        self.addCleanup(self.place.close)
        self.place.with_sweep()

    def script(self, text: str, trial: bool = True) -> str:
        env = support.of_trial(self.server.uri, PARAMS) if trial else support.environment()
        env["SWEEP_BIN"] = str(self.place.sweep)
        done = support.run("import sweepml.wandb as wandb\n" + text, env, self.place.path)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return done.stderr

    def test_config_is_the_scripts_with_the_sweeps_above(self) -> None:
        said = self.script(
            "import argparse\n"
            "wandb.init(project='p', config=argparse.Namespace(lr=9, epochs=3, optimizer={'momentum': 0, 'nesterov': True}))\n"
            "c = wandb.config\n"
            "assert (c.lr, c['epochs'], c.get('x', 5), c.optimizer) == (0.1, 3, 5, {'momentum': 0.9, 'nesterov': True})\n"
            "assert wandb.run.config is c and dict(c)['lr'] == 0.1 and 'epochs' in c\n"
            "c.lr = 7\nc.batch = 8\nc.update({'width': 2}, allow_val_change=True)\nc.setdefaults({'width': 3, 'depth': 4})\n"
            "assert (c.lr, c.batch, c.width, c.depth) == (0.1, 8, 2, 4)"
        )
        self.assertEqual(said, "sweepml: config.lr is chosen by the sweep and stays 0.1\n")
        params = {item["key"]: item["value"] for item in self.server.of("params")}
        own = {"epochs": "3", "optimizer.nesterov": "True", "batch": "8", "width": "2", "depth": "4"}
        self.assertEqual(params, own)

    def test_steps_go_up_as_those_of_wandb(self) -> None:
        self.script(
            "wandb.init()\nwandb.log({'loss': 3})\nwandb.log({'a': 1}, commit=False)\nwandb.log({'loss': 2})\n"
            "wandb.log({'loss': 1}, step=10)\nwandb.log({'a': {'b': 4}}, step=10)\nwandb.log({'loss': 0})\nwandb.log({'loss': -1})"
        )
        self.assertEqual(self.server.history("loss"), [(0, 3.0), (1, 2.0), (10, 1.0), (10, 0.0), (11, -1.0)])
        self.assertEqual((self.server.history("a"), self.server.history("a.b")), ([(1, 1.0)], [(10, 4.0)]))

    def test_a_number_in_the_summary_is_the_latest_value(self) -> None:
        self.script(
            "run = wandb.init()\nrun.log({'loss': 3}, step=5)\nassert wandb.summary['loss'] == 3\n"
            "run.summary['loss'] = 1\nwandb.summary.best = 2\nwandb.summary['text'] = 'x'"
        )
        self.assertEqual((self.server.history("loss"), self.server.history("best")), ([(5, 3.0), (6, 1.0)], [(0, 2.0)]))

    def test_media_and_texts_are_named_once_and_not_logged(self) -> None:
        said = self.script(
            "wandb.init()\nt = wandb.Table(columns=['a'])\nt.add_data(1)\n"
            "for _ in range(2): wandb.log({'loss': 1, 'picture': wandb.Image(None), 'word': 'x', 'table': t})"
        )
        self.assertEqual([line.split(" is ")[0] for line in said.splitlines()], [f"sweepml.wandb: {k!r}" for k in ("picture", "word", "table")])
        self.assertEqual({item["key"] for item in self.server.of("metrics")}, {"loss"})

    def test_names_notes_tags_and_files_go_to_the_run(self) -> None:
        self.script("open('m.bin', 'w').close()\nwandb.init(name='n', notes='d', tags=['sweep', 'x'])\nwandb.save('*.bin')")
        tags = {item["key"]: item["value"] for item in self.server.of("tags")}
        wanted = {"mlflow.runName": "n", "mlflow.note.content": "d", "wandb.tag.sweep": "true", "wandb.tag.x": "true"}
        self.assertEqual(tags, wanted)
        self.assertEqual(self.place.calls()[0]["args"], ["log", "artifact", "--", "m.bin"])

    def test_a_run_ends_and_the_next_call_says_so(self) -> None:
        self.script(
            "with wandb.init() as run: run.log({'loss': 1})\nassert wandb.run is None\n"
            "try: wandb.log({'loss': 2}); assert False\nexcept RuntimeError as error: assert 'wandb.init' in str(error)"
        )
        self.assertEqual(self.server.history("loss"), [(0, 1.0)])

    def test_what_is_not_covered_says_what_is(self) -> None:
        self.script("try: wandb.Artifact; assert False\nexcept AttributeError as error: assert 'define_metric' in str(error)")

    def test_outside_a_sweep_a_script_runs_alone(self) -> None:
        said = self.script(
            "wandb.init(config={'lr': 9})\nassert wandb.config.lr == 9\nwandb.config.update({'lr': 8})\n"
            "wandb.log({'loss': 1, 'word': 'x'})\nwandb.define_metric('loss', summary='min')\nwandb.save('*')\nwandb.alert('a', 'b')\n"
            "wandb.finish()",
            trial=False,
        )
        self.assertEqual((said, self.server.bodies, self.place.calls()), ("", [], []))


if __name__ == "__main__":
    unittest.main()
