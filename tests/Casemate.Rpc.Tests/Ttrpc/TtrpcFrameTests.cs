using Casemate.Rpc.Ttrpc;

namespace Casemate.Rpc.Tests.Ttrpc;

/// <summary>The ten bytes before a message.</summary>
public sealed class TtrpcFrameTests
{
    [Fact]
    public void Is_LengthStreamTypeAndFlags_BigEndian()
    {
        Assert.True(TtrpcFrame.TryRead([0, 0, 1, 2, 0, 0, 0, 5, 2, 7], out var frame));

        Assert.Equal(new TtrpcFrame(258, 5, TtrpcFrame.Response, 7), frame);
    }

    [Fact]
    public void ComesBack_AsItWasWritten()
    {
        var bytes = new byte[TtrpcFrame.HeaderSize];
        new TtrpcFrame(TtrpcFrame.MaximumLength, uint.MaxValue, 3, 255).Write(bytes);

        Assert.True(TtrpcFrame.TryRead(bytes, out var frame));
        Assert.Equal(new TtrpcFrame(TtrpcFrame.MaximumLength, uint.MaxValue, 3, 255), frame);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0x40, 0, 1, 0, 0, 0, 1, 1, 0 })]           // a byte more than 4 MiB
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 1, 0 })]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 1, 1 })]
    [InlineData(new byte[0])]
    public void Refuses_WhatIsTooLongOrTooShort(byte[] header)
    {
        Assert.False(TtrpcFrame.TryRead(header, out var frame));
        Assert.Equal(default, frame);
    }

    [Fact]
    public void Takes_FourMebibytes() => Assert.True(TtrpcFrame.TryRead([0, 0x40, 0, 0, 0, 0, 0, 1, 1, 0], out _));
}
