using Casemate.Fuzz;

namespace Casemate.Rpc.Tests;

/// <summary>A short run of every gRPC fuzz target with a fixed seed; tests/Casemate.Fuzz runs them longer.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. RpcTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void KeepsItsProperties_ForTwentyThousandInputs(string name)
    {
        var (accepted, refused) = Fuzzer.Run(RpcTargets.All.Single(target => target.Name == name), count: 20_000, seed: 1);
        Assert.True(accepted > 200 && refused > 200, $"{accepted} accepted, {refused} refused: the run is one-sided");
    }
}
