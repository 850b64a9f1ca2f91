using Casemate.Fuzz;

namespace Casemate.Images.Tests.Gramine;

/// <summary>Short runs of the fuzz target; longer ones are run by hand.</summary>
public sealed class ManifestFuzzTests
{
    [Fact]
    public void MutatedManifests_AreRefused_OrWrittenAsTheyAre()
    {
        var (accepted, refused) = Fuzzer.Run(TomlTargets.All.Single(), 20_000, 5);
        Assert.True(accepted > 0 && accepted + refused == 20_000);
    }
}
