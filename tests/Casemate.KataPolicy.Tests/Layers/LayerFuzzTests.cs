using Casemate.Fuzz;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>Short runs of the fuzz targets; longer ones are run by hand.</summary>
public sealed class LayerFuzzTests
{
    public static TheoryData<string> Targets => [.. LayerDeviceTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedLayer_IsRefusedOrHasARoot_AndNothingElseHappens(string name) =>
        Fuzzer.Run(LayerDeviceTargets.All.Single(target => target.Name == name), 400, 11);
}
