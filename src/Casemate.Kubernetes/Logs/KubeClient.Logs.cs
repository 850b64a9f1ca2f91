using System.Runtime.CompilerServices;
using System.Text;

namespace Casemate.Kubernetes;

public sealed partial class KubeClient
{
    /// <summary>Reads what a container wrote, line after line, within bounds.</summary>
    /// <param name="namespaceName">The pod's namespace.</param>
    /// <param name="pod">Its name.</param>
    /// <param name="options">Which part; null: all of its only container, at most 4 MiB.</param>
    /// <param name="cancellationToken">Ends it; the only end of a container that is followed and never ends.</param>
    /// <returns>
    /// Lines without their ends. What is no UTF-8 comes as U+FFFD; control characters come as they are: clean before showing.
    /// </returns>
    /// <exception cref="KubeException">There is no such pod or container, it has not started, or the stream broke.</exception>
    public async IAsyncEnumerable<string> ReadLogAsync(
        string namespaceName, string pod, KubeLogOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= KubeLogOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBytes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLineBytes, 1, nameof(options));
        var query = new KubeQuery().Add("container", options.Container).Add("previous", options.Previous ? "true" : null)
            .Add("follow", options.Follow ? "true" : null).Add("timestamps", options.Timestamps ? "true" : null);
        if (options.TailLines is { } lines)
        {
            query.Add("tailLines", lines);
        }

        if (options.Since is { } since)
        {
            query.Add("sinceSeconds", Math.Max(1, (int)Math.Min(since.TotalSeconds, int.MaxValue)));
        }

        // Not asked of the server as limitBytes: it would cut without saying so.
        var request = new KubeRequest(HttpMethod.Get, PathOf(KubeResource.Pods, namespaceName, pod, "log"), query.ToString())
        {
            Accept = "application/json, */*",                               // refusals come as JSON, the output as text
        };
        using var response = await _transport.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var (buffer, start, held, left) = (new byte[options.MaxLineBytes], 0, 0, options.MaxBytes);
            var isPiece = false;
            while (true)
            {
                var end = buffer.AsSpan(start, held).IndexOf((byte)'\n');
                if (end >= 0 || held == buffer.Length)
                {
                    var length = end < 0 ? held : end;
                    // The end of a line that came in pieces is no line of its own.
                    if (length > 0 || !isPiece)
                    {
                        yield return Encoding.UTF8.GetString(buffer, start, length).TrimEnd('\r');
                    }

                    isPiece = end < 0;
                    var used = end < 0 ? length : length + 1;
                    (start, held) = (start + used, held - used);
                    continue;
                }

                buffer.AsSpan(start, held).CopyTo(buffer);
                start = 0;

                var count = await ReadSomeAsync(
                    request, stream, buffer.AsMemory(held, (int)Math.Min(buffer.Length - held, Math.Max(left, 1))), options.Follow,
                    cancellationToken).ConfigureAwait(false);
                if (count > left)
                {
                    options.Truncated?.Invoke();
                    count = 0;
                }

                if (count == 0)
                {
                    if (held > 0)
                    {
                        yield return Encoding.UTF8.GetString(buffer, 0, held).TrimEnd('\r');
                    }

                    yield break;
                }

                (held, left) = (held + count, left - count);
            }
        }
    }

    // A container that is followed may be silent for long; a server that has all of it may not.
    private async ValueTask<int> ReadSomeAsync(
        KubeRequest request, Stream stream, Memory<byte> buffer, bool maySilent, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(maySilent ? Timeout.InfiniteTimeSpan : _options.AttemptTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await stream.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubeException(
                $"{request}: nothing more came for {_options.AttemptTimeout.TotalSeconds:0.###} s.", reason: "Timeout", mayRetry: true);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new KubeException($"{request}: the output was cut off.", mayRetry: true, innerException: exception);
        }
    }
}
