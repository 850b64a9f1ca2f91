using Casemate.Oci.Tar;

namespace Casemate.KataPolicy.Layers;

/// <summary>Collects the watched files of a layer as its entries go by. Keeps at most <see cref="WatchedFile.MaxBytes"/> of each.</summary>
internal sealed class WatchedFileCollector
{
    private readonly Watched[] _watched = [.. LayerRoots.WatchedFiles.Select(path => new Watched(path))];

    /// <summary>Looks at an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="content">Its content, of which nothing was read yet.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>What was read of the content; empty when nothing was.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> LookAsync(TarEntry entry, Stream content, CancellationToken cancel)
    {
        var names = LayerPath.Split(entry.Path);
        if (names is null or [])
        {
            return default;
        }

        foreach (var watched in _watched)
        {
            if (watched.IsHiddenBy(names))
            {
                watched.Hidden = true;
            }
            else if (watched.IsOrIsBelow(names, out var isIt) && (isIt || entry.Kind is not TarEntryKind.Directory))
            {
                if (!isIt || entry.Kind is not TarEntryKind.File)
                {
                    watched.Set(WatchedFileState.NotAFile, default);
                    continue;
                }

                if (entry.Size > WatchedFile.MaxBytes)
                {
                    watched.Set(WatchedFileState.TooLarge, default);
                    continue;
                }

                var bytes = new byte[entry.Size];
                await content.ReadExactlyAsync(bytes, cancel).ConfigureAwait(false);
                watched.Set(WatchedFileState.Present, bytes);
                return bytes;
            }
        }

        return default;
    }

    /// <summary>What the layer says about each of the watched files.</summary>
    public IReadOnlyList<WatchedFile> Finish() => [.. _watched.Select(watched => watched.Finish())];

    private sealed class Watched(string path)
    {
        private readonly string[] _names = path.Split('/');
        private WatchedFileState _state;
        private ReadOnlyMemory<byte> _content;

        /// <summary>The layer removes what lies below it at the path or at a directory above; its own entries count all the same.</summary>
        public bool Hidden { get; set; }

        public void Set(WatchedFileState state, ReadOnlyMemory<byte> content) => (_state, _content) = (state, content);

        public bool IsHiddenBy(List<string> names)
        {
            var last = names[^1];
            if (!last.StartsWith(LayerPath.Whiteout, StringComparison.Ordinal) || names.Count > _names.Length || !BeginsWith(names, names.Count - 1))
            {
                return false;
            }

            return last == LayerPath.Opaque || last.AsSpan(LayerPath.Whiteout.Length).SequenceEqual(_names[names.Count - 1]);
        }

        public bool IsOrIsBelow(List<string> names, out bool isIt)
        {
            isIt = names.Count == _names.Length;
            return names.Count <= _names.Length && BeginsWith(names, names.Count);
        }

        public WatchedFile Finish() =>
            _state is WatchedFileState.Absent && Hidden ? new WatchedFile(path, WatchedFileState.Removed, default) : new WatchedFile(path, _state, _content);

        private bool BeginsWith(List<string> names, int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (names[i] != _names[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
