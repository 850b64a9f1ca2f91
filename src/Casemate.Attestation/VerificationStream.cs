using System.Runtime.CompilerServices;

namespace Casemate.Attestation;

/// <summary>Verifies many pieces of evidence as they come: several at once, verdicts in the order of the evidence, bounded memory.</summary>
public static class VerificationStream
{
    /// <summary>Verifies every item of a stream.</summary>
    /// <typeparam name="T">What one item is: the evidence, and whatever the caller wants to see beside its verdict.</typeparam>
    /// <param name="evidence">The items. No more are read ahead than <paramref name="inFlight"/>, so a slow reader slows the stream.</param>
    /// <param name="verify">
    /// Verifies one item, such as a call of <see cref="Dcap.QuoteVerifier"/> with the collateral that an <see cref="ICollateralSource"/>
    /// found. Called from several threads at once; share one <see cref="VerificationCache"/> between the calls. An exception ends the stream.
    /// </param>
    /// <param name="inFlight">How many items are worked on at once, 1 to 1,024; one for each core is a good number.</param>
    /// <param name="cancellationToken">Stops the stream; work already under way is finished and dropped.</param>
    /// <returns>Each item with its verdict, in the order of <paramref name="evidence"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="inFlight"/> is out of its range.</exception>
    public static IAsyncEnumerable<(T Item, Verdict Verdict)> VerifyAsync<T>(
        IAsyncEnumerable<T> evidence, Func<T, CancellationToken, ValueTask<Verdict>> verify, int inFlight,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(verify);
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inFlight, 1024);
        return Run(evidence, verify, inFlight, cancellationToken);
    }

    private static async IAsyncEnumerable<(T Item, Verdict Verdict)> Run<T>(
        IAsyncEnumerable<T> evidence, Func<T, CancellationToken, ValueTask<Verdict>> verify, int inFlight,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Queue<(T Item, Task<Verdict> Verdict)>(inFlight);
        try
        {
            await foreach (var item in evidence.WithCancellation(stop.Token).ConfigureAwait(false))
            {
                running.Enqueue((item, Task.Run(() => verify(item, stop.Token).AsTask(), stop.Token)));
                if (running.Count == inFlight)
                {
                    var (first, verdict) = running.Dequeue();
                    yield return (first, await verdict.ConfigureAwait(false));
                }
            }

            while (running.TryDequeue(out var next))
            {
                yield return (next.Item, await next.Verdict.ConfigureAwait(false));
            }
        }
        finally
        {
            // The reader left, or one item failed: nothing may run on behind the back of the caller, and no fault stay unobserved.
            await stop.CancelAsync().ConfigureAwait(false);
            Task rest = Task.WhenAll(running.Select(entry => entry.Verdict));
            await rest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
