using Casemate.Fuzz;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>A short run of each fuzz target; longer ones are made by hand with the program <c>Casemate.Fuzz</c>.</summary>
public sealed class SignatureFuzzTests
{
    public static TheoryData<string> Targets => [.. SignatureTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutations_EndInAnAnswerOrARefusal(string name) =>
        Assert.True(Fuzzer.Run(SignatureTargets.All.Single(target => target.Name == name), 600, 4).Refused > 0);
}
