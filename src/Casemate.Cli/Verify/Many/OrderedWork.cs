using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Casemate.Cli.Verify.Many;

/// <summary>Work on many items on several threads, with the results in the order of the items.</summary>
internal static class OrderedWork
{
    /// <summary>Runs the work.</summary>
    /// <param name="items">The items; enumerated on one thread, as far ahead as <paramref name="window"/> allows.</param>
    /// <param name="work">Called on several threads.</param>
    /// <param name="window">How many items may be in memory beside the one that is delivered.</param>
    /// <param name="cancellationToken">Ends the waiting for results; work that has begun is left alone.</param>
    /// <returns>The results, each as soon as it and all before it are there, without waiting for the next item.</returns>
    public static async IAsyncEnumerable<TResult> RunAsync<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, TResult> work, int window, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<Task<TResult>>(window);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Not awaited at the end: it may be waiting for a line that never comes. Its failure reaches the reader through the channel.
        _ = Task.Run(() => FeedAsync(items, work, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var result in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return await result.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task FeedAsync<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, TResult> work, ChannelWriter<Task<TResult>> results, CancellationToken stop)
    {
        try
        {
            foreach (var item in items)
            {
                // Room first: an item that waits for it has not begun, so that no more than the window is held.
                if (!await results.WaitToWriteAsync(stop).ConfigureAwait(false))
                {
                    return;
                }

                await results.WriteAsync(Task.Run(() => work(item), CancellationToken.None), stop).ConfigureAwait(false);
            }

            results.TryComplete();
        }
        catch (Exception exception)
        {
            // Whatever it was, it is the reader's: an end without it would look like the end of the items.
            results.TryComplete(exception);
        }
    }
}
