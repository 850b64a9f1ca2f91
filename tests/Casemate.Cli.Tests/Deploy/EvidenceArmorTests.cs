using System.Security.Cryptography;
using Casemate.Cli.Quotes;

namespace Casemate.Cli.Tests.Deploy;

/// <summary>Evidence in a log: found among other lines, and never taken for the answer to another question.</summary>
public sealed class EvidenceArmorTests
{
    private static readonly byte[] s_reportData = SHA512.HashData("ours"u8);
    private static readonly byte[] s_bundle = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    [Fact]
    public void WhatIsWritten_IsRead_AmongOtherLines()
    {
        var block = EvidenceArmor.Write(s_bundle, s_reportData);

        Assert.All(block.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.True(Read($"warning: something\n{block}that was it\n", out var bundle, out var problem), problem);
        Assert.Equal(s_bundle, bundle);
    }

    [Fact]
    public void AnAnswerToAnotherQuestion_IsNone()
    {
        var other = EvidenceArmor.Write(s_bundle, SHA512.HashData("another's"u8));

        Assert.False(Read(other, out _, out var problem));
        Assert.Equal("the marks of this request are not there", problem);
    }

    [Fact]
    public void TwoAnswers_AreNone()
    {
        var block = EvidenceArmor.Write(s_bundle, s_reportData);

        Assert.False(Read(block + block, out _, out var problem));
        Assert.Equal("the mark of its beginning stands there twice", problem);
    }

    [Fact]
    public void AnAnswerThatIsCutOff_IsNone()
    {
        var block = EvidenceArmor.Write(s_bundle, s_reportData);

        Assert.False(Read(block[..block.IndexOf("\n-----END", StringComparison.Ordinal)], out _, out var problem));
        Assert.Equal("it ends before its mark", problem);
    }

    [Theory]
    [InlineData("casemate: a note in between")]
    [InlineData("")]
    [InlineData("AAAA AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void ALineThatIsNoBase64_SpoilsIt(string line)
    {
        var lines = EvidenceArmor.Write(s_bundle, s_reportData).Split('\n').ToList();
        lines.Insert(2, line);

        Assert.False(Read(string.Join('\n', lines), out _, out var problem));
        Assert.Equal("a line inside of it is not base64", problem);
    }

    [Fact]
    public void PaddingInTheMiddle_SpoilsIt()
    {
        var lines = EvidenceArmor.Write(s_bundle, s_reportData).Split('\n').ToList();
        lines.Insert(2, "AA==");

        Assert.False(Read(string.Join('\n', lines), out _, out var problem));
        Assert.Equal("it is not base64", problem);
    }

    [Fact]
    public void WhatIsLargerThanAnyBundle_IsNotRead()
    {
        var lines = EvidenceArmor.Write(new byte[EvidenceArmor.MaximumSize + 100], s_reportData);

        Assert.False(Read(lines, out _, out var problem));
        Assert.Equal("it is larger than 1 MiB", problem);
    }

    private static bool Read(string log, out byte[] bundle, out string problem) =>
        EvidenceArmor.TryRead(log.Split('\n'), s_reportData, out bundle, out problem);
}
