using Casemate.Fuzz;

namespace Casemate.Images.Tests.Closure;

/// <summary>Short runs of the fuzz targets; longer ones are run by hand.</summary>
public sealed class ClosureFuzzTests
{
    public static TheoryData<string> Targets => [.. ClosureTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedFiles_AreRefusedOrRead_AndNothingElseHappens(string name)
    {
        var (accepted, refused) = Fuzzer.Run(ClosureTargets.All.Single(target => target.Name == name), 20_000, 3);
        Assert.True(accepted > 0 && accepted + refused == 20_000);
    }
}
