using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Tests;

/// <summary>Many verifications at once: the order of the evidence, the same verdicts as one by one, bounded work, no work left behind.</summary>
public sealed class VerificationStreamTests
{
    private static readonly byte[][] s_quotes =
    [
        .. Enumerable.Range(0, 8).Select(i => Simulated.Dcap.QuoteTdx(Simulated.Td, [(byte)i, .. new byte[63]])),
        [1, 2, 3],
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task GivesTheVerdictsOfOneByOne_InOrder_WithASharedCache(int inFlight)
    {
        var (cache, found) = (new VerificationCache(), new List<(int, Verdict)>());

        await foreach (var (index, verdict) in VerificationStream.VerifyAsync(
            Indices(s_quotes.Length), (i, _) => ValueTask.FromResult(Verify(s_quotes[i], cache)), inFlight, TestContext.Current.CancellationToken))
        {
            found.Add((index, verdict));
        }

        Assert.Equal(Enumerable.Range(0, s_quotes.Length), found.Select(f => f.Item1));
        Assert.All(found, f => Assert.Equal<Check>(Verify(s_quotes[f.Item1], null).Checks, f.Item2.Checks));
        Assert.Equal(s_quotes.Length - 1, found.Count(f => f.Item2.Accepted));
    }

    [Fact]
    public async Task ReadsNoFurtherAhead_ThanItWasTold()
    {
        var (read, seen) = (0, 0);
        async IAsyncEnumerable<int> Counted()
        {
            for (var i = 0; i < 20; i++)
            {
                read++;
                await Task.CompletedTask;
                yield return i;
            }
        }

        await foreach (var _ in VerificationStream.VerifyAsync(
            Counted(), (i, _) => ValueTask.FromResult(Verify(s_quotes[0], null)), inFlight: 4, TestContext.Current.CancellationToken))
        {
            seen++;
            Assert.True(read - seen <= 4, $"{read} read, {seen} seen");
        }

        Assert.Equal(20, seen);
    }

    [Fact]
    public async Task AnExceptionEndsTheStream()
    {
        var stream = VerificationStream.VerifyAsync(
            Indices(9), (i, _) => i == 2 ? throw new InvalidDataException("two") : ValueTask.FromResult(Verify(s_quotes[i], null)), inFlight: 2, TestContext.Current.CancellationToken);
        var seen = 0;

        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var _ in stream)
            {
                seen++;
            }
        });

        Assert.Equal(2, seen);
    }

    [Fact]
    public async Task AReaderThatLeaves_StopsTheWork()
    {
        var stopped = new TaskCompletionSource();
        await foreach (var _ in VerificationStream.VerifyAsync(Indices(9), async (i, token) =>
        {
            if (i > 0)
            {
                using var registration = token.Register(stopped.SetResult);
                await stopped.Task;
            }

            return Verify(s_quotes[0], null);
        }, inFlight: 2, TestContext.Current.CancellationToken))
        {
            break;
        }

        Assert.True(stopped.Task.IsCompleted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void Refuses_AnotherNumberInFlight(int inFlight) => Assert.Throws<ArgumentOutOfRangeException>(
        () => VerificationStream.VerifyAsync(Indices(1), (_, _) => default, inFlight, TestContext.Current.CancellationToken));

    private static async IAsyncEnumerable<int> Indices(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.CompletedTask;
            yield return i;
        }
    }

    private static Verdict Verify(byte[] quote, VerificationCache? cache) => QuoteVerifier.Verify(
        quote, Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon), Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly, cache);
}
