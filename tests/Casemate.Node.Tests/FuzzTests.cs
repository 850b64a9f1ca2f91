using Casemate.Fuzz;

namespace Casemate.Node.Tests;

public sealed class FuzzTests
{
    private static IEnumerable<FuzzTarget> All => [.. NodeTargets.All, .. KubeletTargets.All, .. KubernetesTargets.All];

    public static TheoryData<string> Targets => [.. All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void AParserOfTheNode_KeepsItsProperties(string name)
    {
        var count = name == "kube-config" ? 4_000 : 20_000;                // each of those is a file
        var (accepted, refused) = Fuzzer.Run(All.Single(target => target.Name == name), count, seed: 1);

        Assert.True(accepted > 0, "no mutated input was accepted");
        Assert.True(refused > 0, "no mutated input was refused");
    }
}
