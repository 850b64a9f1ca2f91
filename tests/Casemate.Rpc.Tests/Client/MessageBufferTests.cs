using System.Runtime.CompilerServices;
using Casemate.Rpc.Client;

namespace Casemate.Rpc.Tests.Client;

/// <summary>The memory of the message being read.</summary>
public sealed class MessageBufferTests
{
    private readonly MessageBuffer _buffer = new();

    [Theory]
    [InlineData(100_000)]
    [InlineData(1)]
    [InlineData(0)]
    public void WhatWasGivenBack_IsTakenAgain(int length)
    {
        var first = _buffer.Take(100_000);
        _buffer.GiveBack(first);

        Assert.Same(first, _buffer.Take(length));
    }

    [Fact]
    public void WhatIsTaken_IsNobodyElses()
    {
        var first = _buffer.Take(100);
        _buffer.GiveBack(first);

        var taken = _buffer.Take(100);

        Assert.NotSame(taken, _buffer.Take(100));
    }

    [Fact]
    public void ALongerMessage_HasALongerBuffer()
    {
        _buffer.GiveBack(_buffer.Take(100));

        Assert.True(_buffer.Take(101).Length >= 101);
    }

    [Fact]
    public void WhatNobodyReads_IsTheCollectorsToTake()
    {
        var former = TakeAndGiveBack();

        GC.Collect();

        Assert.False(former.TryGetTarget(out _));
        Assert.Equal(100_000, _buffer.Take(100_000).Length);
    }

    // In a method of its own: nothing of it is left on this one's stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference<byte[]> TakeAndGiveBack()
    {
        var taken = _buffer.Take(100_000);
        _buffer.GiveBack(taken);
        return new WeakReference<byte[]>(taken);
    }
}
