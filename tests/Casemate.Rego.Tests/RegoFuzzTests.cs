using Casemate.Fuzz;

namespace Casemate.Rego.Tests;

/// <summary>A short run of each fuzz target; longer ones are made by hand with the program <c>Casemate.Fuzz</c>.</summary>
public sealed class RegoFuzzTests
{
    public static TheoryData<string> Targets => [.. RegoTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutations_EndInAnAnswerOrARefusal(string name) =>
        Assert.True(Fuzzer.Run(RegoTargets.All.Single(target => target.Name == name), 1500, 4).Refused > 0);
}
