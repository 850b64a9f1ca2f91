using Casemate.Fuzz;

namespace Casemate.KataPolicy.Tests.Manifests;

public sealed class ManifestFuzzTests
{
    public static TheoryData<string> Targets => [.. ManifestTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void HoldsItsProperties_OnMutatedInputs(string name)
    {
        var (accepted, refused) = Fuzzer.Run(ManifestTargets.All.Single(target => target.Name == name), 5_000, 11);

        Assert.True(accepted > 0);
        Assert.True(refused > 0);
    }
}
