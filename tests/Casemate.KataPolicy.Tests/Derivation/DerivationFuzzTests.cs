using Casemate.Fuzz;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>Whatever settings, images and manifests hold: a policy or a reason, and never an exception.</summary>
public sealed class DerivationFuzzTests
{
    public static TheoryData<string> Targets => [.. KataDerivationTargets.All.Concat(ImageTargets.All).Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void HoldsUnderMutation(string name)
    {
        var (accepted, refused) = Fuzzer.Run(KataDerivationTargets.All.Concat(ImageTargets.All).Single(target => target.Name == name), 3_000, 11);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }
}
