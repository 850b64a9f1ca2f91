using Casemate.Fuzz;

namespace Casemate.Attestation.Tests;

/// <summary>
/// A short run of every fuzz target with a fixed seed; tests/Casemate.Fuzz runs them longer. An input that once failed gets a seed
/// of its own here.
/// </summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. AttestationTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void KeepsItsProperties_ForTwentyThousandInputs(string name)
    {
        var (accepted, refused) = Fuzzer.Run(AttestationTargets.All.Single(t => t.Name == name), count: 20_000, seed: 1);

        Assert.True(accepted > 200 && refused > 200, $"{accepted} accepted, {refused} refused: the run is one-sided");
    }

    [Fact]
    public void Refuses_StringsThatAreNotUnicode()
    {
        foreach (var text in (byte[][])[[.. "{\"version\":3,\"id\":\"\u0001"u8, 0xFF, .. "\"}"u8], [.. "{\"version\":3,\"id\":\"\\ud800\"}"u8], [.. "{\""u8, 0xC0, .. "\":1}"u8]])
        {
            Assert.False(Dcap.TcbInfo.TryParse(text, out _, out var error));
            Assert.NotEqual("", error);
        }
    }
}
