using System.Globalization;
using System.Text;

namespace Casemate.Testing.Registry;

/// <summary>One connection of HTTP/1.1, as far as registries need it, with bytes counted and ended wherever a test wants.</summary>
internal sealed class HttpConnection(Stream stream) : IAsyncDisposable
{
    private const int MaximumHead = 128 * 1024;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Reads the head of a request; null at the end of the connection.</summary>
    public async Task<LoggedRequest?> ReadHeadAsync(CancellationToken cancel)
    {
        if (await ReadLineAsync(cancel) is not { Length: > 0 } first || first.Split(' ') is not [var method, var target, _])
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await ReadLineAsync(cancel) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        if (headers.TryGetValue("Expect", out var expected) && expected.Equals("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancel);
        }

        var question = target.IndexOf('?');
        return new LoggedRequest(
            method, Uri.UnescapeDataString(question < 0 ? target : target[..question]), question < 0 ? "" : target[(question + 1)..], headers);
    }

    /// <summary>Reads the body into a stream, at most <paramref name="stopAfter"/> bytes of it.</summary>
    /// <returns>True when all of it was read.</returns>
    public async Task<bool> ReadBodyAsync(LoggedRequest request, Stream into, long? stopAfter, CancellationToken cancel)
    {
        if (request.Header("Transfer-Encoding") is not null)
        {
            while (long.Parse((await ReadLineAsync(cancel))!.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                if (!await CopyAsync(request, into, size, stopAfter, cancel))
                {
                    return false;
                }

                await ReadLineAsync(cancel);
            }

            while (await ReadLineAsync(cancel) is { Length: > 0 })
            {
                // Trailers say nothing that a registry needs.
            }

            return true;
        }

        return await CopyAsync(request, into, long.Parse(request.Header("Content-Length") ?? "0", CultureInfo.InvariantCulture), stopAfter, cancel);
    }

    /// <summary>Sends the head of an answer.</summary>
    public async Task SendHeadAsync(int status, IReadOnlyDictionary<string, string> headers, CancellationToken cancel)
    {
        var head = new StringBuilder($"HTTP/1.1 {status} Answer\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), cancel);
    }

    /// <summary>Sends bytes of a body.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await stream.WriteAsync(bytes, cancel);
        await stream.FlushAsync(cancel);
    }

    /// <summary>Waits until the client closes the connection.</summary>
    public async Task UntilClosedAsync(CancellationToken cancel)
    {
        while (await stream.ReadAsync(_buffer, cancel) > 0)
        {
            // Whatever it says, there is no answer.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<bool> CopyAsync(LoggedRequest request, Stream into, long size, long? stopAfter, CancellationToken cancel)
    {
        while (size > 0)
        {
            var allowed = Math.Min(size, (stopAfter ?? long.MaxValue) - request.Received);
            if (allowed <= 0)
            {
                return false;
            }

            if (_start == _end && !await FillAsync(cancel))
            {
                return false;
            }

            var count = (int)Math.Min(allowed, _end - _start);
            into.Write(_buffer, _start, count);
            _start += count;
            size -= count;
            request.Received += count;
        }

        return stopAfter is null || request.Received < stopAfter;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync(cancel))
            {
                return null;
            }

            var character = (char)_buffer[_start++];
            if (character == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            if (line.Append(character).Length > MaximumHead)
            {
                return null;
            }
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer, cancel);
        return _end > 0;
    }
}
