namespace Casemate.Rego.Tests.Reference;

public sealed class ReferenceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(2000)]
    [InlineData(3000)]
    public void RandomPolicies_MeanWhatTheDullestEvaluatorSays_InAnyOrderOfLiterals(int firstSeed)
    {
        var compared = 0;
        for (var seed = firstSeed; seed < firstSeed + 150; seed++)
        {
            var random = new RandomPolicy(seed);
            var compilation = RegoCompiler.Compile("random.rego", random.Text(0));
            Assert.True(compilation.Succeeded, random.Text(0));
            var meaning = random.Meaning();
            compared += meaning.Count(value => value is RegoSet { Count: > 0 } or RegoObject { Count: > 0 } or RegoNumber);
            for (var rotation = 0; rotation < 4; rotation++)
            {
                var text = random.Text(rotation);
                var result = Policy.Compile(text).Prepare("data.test").Evaluate(random.Input);
                Assert.Null(result.Error);
                var document = (RegoObject)result.Value!;
                for (var i = 0; i < meaning.Count; i++)
                {
                    Assert.True(
                        meaning[i]!.Equals(document[$"r{i}"]),
                            $"seed {seed}: r{i} is {document[$"r{i}"]}, meant is {meaning[i]}\n{text}\ninput {random.Input}");
                }
            }
        }

        // Most collections are empty; enough must not be, to prove something.
        Assert.True(compared >= 60, $"only {compared} rules have members or a value that a body gave");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void TracedPlans_GiveTheSameAnswers(int firstSeed)
    {
        for (var seed = firstSeed * 1000; seed < (firstSeed * 1000) + 100; seed++)
        {
            var random = new RandomPolicy(seed);
            var compilation = RegoCompiler.Compile("random.rego", random.Text(0));
            if (compilation.Succeeded)
            {
                var query = compilation.Policy.Prepare("data.test");
                var plain = query.Evaluate(random.Input);
                var traced = query.Evaluate(random.Input, null, new RegoEvaluation { Trace = true });
                query.Explain(random.Input, null, null, out var explained);

                Assert.Equal(plain.Value, traced.Value);
                Assert.Equal(plain.Value, explained.Value);
                Assert.NotEmpty(traced.Trace);
            }
        }
    }
}
