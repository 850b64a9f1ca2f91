using Casemate.Fuzz;

namespace Casemate.Node.Tests;

public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. NodeTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void AParserOfTheNode_KeepsItsProperties(string name)
    {
        var (accepted, refused) = Fuzzer.Run(NodeTargets.All.Single(target => target.Name == name), count: 20_000, seed: 1);

        Assert.True(accepted > 0, "no mutated input was accepted");
        Assert.True(refused > 0, "no mutated input was refused");
    }
}
