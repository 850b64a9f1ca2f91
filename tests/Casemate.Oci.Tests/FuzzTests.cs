using Casemate.Fuzz;

namespace Casemate.Oci.Tests;

/// <summary>Mutated documents and layers; longer runs by hand with tests/Casemate.Fuzz.</summary>
public sealed class FuzzTests
{
    private static readonly FuzzTarget[] s_targets = [.. OciTargets.All, .. ZstandardTargets.All];

    public static TheoryData<string> Targets => [.. s_targets.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void NoInput_BreaksAProperty(string name)
    {
        var (accepted, refused) = Fuzzer.Run(s_targets.Single(target => target.Name == name), count: 5_000, seed: 1);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused: the run proves little");
    }
}
