namespace Casemate.Oci.Registry;

/// <summary>
/// A body that must make progress: a given number of bytes in each window of waiting. The time that the reader takes for itself does
/// not count.
/// </summary>
internal sealed class PacedBody(HttpResponseMessage response, Stream body, RegistryOptions options) : IAsyncDisposable
{
    private const int Minimum = 16 * 1024;

    private TimeSpan _waited;
    private int _arrived;

    /// <summary>Reads some bytes; 0 at the end.</summary>
    /// <exception cref="BrokenConnectionException">The connection broke, or is too slow.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        var address = response.RequestMessage!.RequestUri!;
        var left = options.StallTimeout - _waited;
        if (left <= TimeSpan.Zero)
        {
            throw TooSlow(address);
        }

        using var deadline = new CancellationTokenSource(left, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        var start = options.Time.GetTimestamp();
        try
        {
            var count = await body.ReadAsync(buffer, either.Token).ConfigureAwait(false);
            _arrived += count;
            _waited += options.Time.GetElapsedTime(start);
            if (_arrived >= Minimum)
            {
                (_arrived, _waited) = (0, TimeSpan.Zero);
            }

            return count;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw TooSlow(address);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw RegistryWire.Describe(address, exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync().ConfigureAwait(false);
        response.Dispose();
    }

    private BrokenConnectionException TooSlow(Uri address) => new(
        $"{address.Authority} sent less than {Minimum / 1024} KiB in {options.StallTimeout.TotalSeconds:0.###} s", isTransient: true);
}
