using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>Reads the events of a watch: one JSON object a line. A line is bounded before it is kept.</summary>
internal sealed class WatchReader : IAsyncDisposable
{
    private const int Chunk = 16 * 1024;

    private readonly KubeRequest _request;
    private readonly Stream _stream;
    private readonly int _limit;
    private byte[] _buffer = new byte[Chunk];
    private int _start;
    private int _end;
    private int _scanned;

    private WatchReader(KubeRequest request, Stream stream, int limit) => (_request, _stream, _limit) = (request, stream, limit);

    public static async Task<WatchReader> OpenAsync(
        KubeRequest request, HttpResponseMessage response, int limit, CancellationToken cancellationToken) =>
        new(request, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), limit);

    /// <summary>The next event; null when the server ended the watch.</summary>
    /// <exception cref="KubeException">The stream broke inside an event, or an event is an error, malformed or too large.</exception>
    public async ValueTask<KubeWatchEvent?> NextAsync(CancellationToken cancellationToken)
    {
        while (await LineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length > 0)
            {
                return Read(line);
            }
        }

        return null;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask<ReadOnlyMemory<byte>?> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, _scanned + at - _start);
                _start = _scanned = _scanned + at + 1;
                return line;
            }

            _scanned = _end;
            if (_end - _start > _limit)
            {
                throw new KubeException($"{_request}: an event is larger than {_limit} bytes, the limit.", mayRetry: true);
            }

            MakeRoom();
            int count;
            try
            {
                count = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                throw new KubeException($"{_request}: the watch was cut off.", mayRetry: true, innerException: exception);
            }

            if (count == 0)
            {
                return _start == _end
                    ? null
                    : throw new KubeException($"{_request}: the watch ended inside an event.", mayRetry: true);
            }

            _end += count;
        }
    }

    private void MakeRoom()
    {
        var kept = _end - _start;
        if (kept == 0 && _buffer.Length > 4 * Chunk)
        {
            _buffer = new byte[Chunk];                                      // one large event is no reason to keep its memory
        }
        else if (_end == _buffer.Length && _start == 0)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        }

        (_start, _end, _scanned) = (0, kept, kept);
    }

    private KubeWatchEvent Read(ReadOnlyMemory<byte> line)
    {
        var root = KubeObject.ParseElement(line, "an event of a watch");
        if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("object", out var body))
        {
            throw KubeObject.Malformed("an event of a watch without an object");
        }

        return KubeObject.Text(root, "type") switch
        {
            "ADDED" => new KubeWatchEvent(KubeWatchEventType.Added, new KubeObject(body)),
            "MODIFIED" => new KubeWatchEvent(KubeWatchEventType.Modified, new KubeObject(body)),
            "DELETED" => new KubeWatchEvent(KubeWatchEventType.Deleted, new KubeObject(body)),
            "BOOKMARK" => new KubeWatchEvent(KubeWatchEventType.Bookmark, new KubeObject(body)),
            "ERROR" => throw StatusAnswer.OfWatch(_request, body),
            _ => throw KubeObject.Malformed("an event of a watch of an unknown type"),
        };
    }
}
