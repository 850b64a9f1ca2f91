using Casemate.Primitives.Buffers;

namespace Casemate.Primitives.Tests.Buffers;

public class PooledBufferTests
{
    [Fact]
    public void KeepsWhatIsWritten_WhileItGrows()
    {
        using var buffer = new PooledBuffer(1);
        var expected = new byte[100_000];
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = (byte)i;
            buffer.GetSpan()[0] = (byte)i;
            buffer.Advance(1);
        }

        Assert.Equal(expected, buffer.WrittenSpan);
        Assert.Equal(expected, buffer.WrittenMemory.Span);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    public void GivesAsMuchAsIsAskedFor(int size)
    {
        using var buffer = new PooledBuffer(16);
        buffer.GetSpan(3);
        buffer.Advance(3);

        Assert.InRange(buffer.GetMemory(size).Length, Math.Max(size, 1), int.MaxValue);
        Assert.Equal(3, buffer.WrittenCount);
    }

    [Fact]
    public void Refuses_MoreThanItGave()
    {
        using var buffer = new PooledBuffer(16);
        var given = buffer.GetSpan().Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(given + 1));
    }

    [Fact]
    public void TakesNothing_OnceDisposed()
    {
        var buffer = new PooledBuffer(16);
        buffer.Dispose();
        buffer.Dispose();

        Assert.Equal(0, buffer.WrittenCount);
        Assert.Throws<ObjectDisposedException>(() => buffer.GetMemory());
    }
}
