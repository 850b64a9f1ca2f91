using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Casemate.Kubernetes;

/// <summary>
/// Keeps a copy of some objects: lists, then watches from there; lists again when the server has forgotten the version, and tells what
/// went meanwhile. Survives every failure of the server, with growing waits.
/// </summary>
public sealed class Informer
{
    private const int ListAgainAfterFailures = 3;
    private const string Full = "InformerFull";

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly KubeClient _client;
    private readonly KubeResource _resource;
    private readonly KubeListOptions _options;
    private readonly ConcurrentDictionary<string, KubeObject> _known = new(StringComparer.Ordinal);
    private int _failures;
    private long _bytes;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Whom to ask; stays the caller's.</param>
    /// <param name="resource">The kind.</param>
    /// <param name="options">Which objects; null: all.</param>
    public Informer(KubeClient client, KubeResource resource, KubeListOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(resource);
        (_client, _resource, _options) = (client, resource, options ?? KubeListOptions.All);
    }

    /// <summary>
    /// What is kept of an object in memory: at least its identity and version. What <see cref="RunAsync"/> tells as an object is whole,
    /// what it tells as the former one is what was kept. Default: all of it.
    /// </summary>
    public Func<KubeObject, KubeObject> Keep { get; init; } = whole => whole;

    /// <summary>The most objects that may be held; beyond it <see cref="RunAsync"/> ends with an error. Default 200,000.</summary>
    public int MaxObjects { get; init; } = 200_000;

    /// <summary>
    /// The most bytes of JSON that may be held, and that a list may have while it is read; beyond it <see cref="RunAsync"/> ends with an
    /// error. Default 256 MiB.
    /// </summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>The bytes of JSON that are held now.</summary>
    public long HeldBytes => Interlocked.Read(ref _bytes);

    /// <summary>The objects as last told. May be read while it runs.</summary>
    public IReadOnlyCollection<KubeObject> Objects => [.. _known.Values];

    /// <summary>True after the first list.</summary>
    public bool IsSynced { get; private set; }

    /// <summary>The problem that it is waiting out; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>The version that the next watch begins at; null before the first list.</summary>
    internal string? Version { get; private set; }

    /// <summary>An object as last told; null when it is not there.</summary>
    public KubeObject? Find(string? namespaceName, string name) =>
        _known.GetValueOrDefault(namespaceName is null ? name : $"{namespaceName}/{name}");

    /// <summary>
    /// Tells what changes, until it is cancelled. To be run once at a time; a reader that falls behind holds up the stream, not the memory.
    /// </summary>
    /// <exception cref="KubeException">
    /// More objects or bytes than <see cref="MaxObjects"/> or <see cref="MaxBytes"/> would have to be held (reason
    /// <c>InformerFull</c>), or than the client reads (<c>ListTooLarge</c>); no other failure ends it.
    /// </exception>
    public async IAsyncEnumerable<InformerChange> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Version = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Version is null)
            {
                var (list, problem) = await ListAsync(cancellationToken).ConfigureAwait(false);
                if (list is null)
                {
                    await WaitAsync(problem, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                foreach (var change in Replace(list))
                {
                    yield return change;
                }

                Version = list.ResourceVersion;
                Problem = null;
                KubeLog.Watching(_client.Options.Logger, _resource.ToString(), Version, _known.Count);
                if (!IsSynced)
                {
                    IsSynced = true;
                    yield return new InformerChange(InformerChangeType.Synced, null, null);
                }
            }

            var told = false;
            KubeException? end = null;
            var stream = _client.WatchAsync(_resource, _options, Version, () => Problem = null, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            await using (stream.ConfigureAwait(false))
            {
                while (true)
                {
                    (var next, end) = await NextAsync(stream).ConfigureAwait(false);
                    if (next is null)
                    {
                        break;
                    }

                    (told, _failures, Problem) = (true, 0, null);
                    Version = next.Object.ResourceVersion is { Length: > 0 } newer ? newer : Version;
                    if (Take(next) is { } change)
                    {
                        yield return change;
                    }
                }
            }

            if (end is { IsGone: true })
            {
                KubeLog.ListAgain(_client.Options.Logger, _resource.ToString());
                Version = null;
                // A server that forgets at once would otherwise be asked without end.
                await WaitAsync(told ? null : end.Message, cancellationToken).ConfigureAwait(false);
            }
            else if (end is not null || !told)
            {
                await WaitAsync(end?.Message, cancellationToken).ConfigureAwait(false);
                Version = _failures >= ListAgainAfterFailures ? null : Version;
            }
        }
    }

    private static async ValueTask<(KubeWatchEvent? Next, KubeException? End)> NextAsync(IAsyncEnumerator<KubeWatchEvent> stream)
    {
        try
        {
            return await stream.MoveNextAsync().ConfigureAwait(false) ? (stream.Current, null) : (null, null);
        }
        catch (KubeException exception)
        {
            return (null, exception);
        }
        catch (KubeConfigurationException exception)
        {
            return (null, new KubeException(exception.Message, reason: "Credentials", mayRetry: true, innerException: exception));
        }
    }

    private async ValueTask<(KubeList? List, string? Problem)> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.ListAsync(_resource, _options, Check, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception exception) when (exception is KubeException { Reason: not (Full or "ListTooLarge") } or KubeConfigurationException)
        {
            return (null, exception.Message);
        }
    }

    private void Check(int objects, long bytes)
    {
        if (objects > MaxObjects || bytes > MaxBytes)
        {
            throw new KubeException(
                $"Watching {_resource}: {objects} objects of {bytes} bytes are more than may be held ({MaxObjects} objects, {MaxBytes} "
                    + "bytes). Watch fewer (one namespace, a label), keep less of each, or raise the limit.", reason: Full);
        }
    }

    // Without a problem the watch ended in time and told nothing: a short wait, so that a server that ends each at once is not flooded.
    private async Task WaitAsync(string? problem, CancellationToken cancellationToken)
    {
        var isNews = problem is not null && problem != Problem;
        Problem = problem;
        _failures = problem is null ? 0 : Math.Min(_failures + 1, 20);
        var longest = Math.Min(
            _client.Options.FirstRetryDelay.TotalMilliseconds * Math.Pow(2, Math.Max(0, _failures - 1)), LongestWait.TotalMilliseconds);
        var wait = TimeSpan.FromMilliseconds(longest * (500 + RandomNumberGenerator.GetInt32(501)) / 1000);
        if (isNews)
        {
            KubeLog.WatchBroke(_client.Options.Logger, _resource.ToString(), wait.TotalSeconds, problem!);
        }

        await Task.Delay(wait, _client.Time, cancellationToken).ConfigureAwait(false);
    }

    private List<InformerChange> Replace(KubeList list)
    {
        var changes = new List<InformerChange>();
        var now = new Dictionary<string, KubeObject>(StringComparer.Ordinal);
        foreach (var item in list.Items)
        {
            now[item.Key] = item;
        }

        foreach (var (key, last) in _known)
        {
            if ((!now.TryGetValue(key, out var item) || item.Uid != last.Uid) && _known.TryRemove(key, out _))
            {
                Interlocked.Add(ref _bytes, -SizeOf(last));
                changes.Add(new InformerChange(InformerChangeType.Deleted, last, last));
            }
        }

        foreach (var item in list.Items)
        {
            Put(item, changes);
        }

        return changes;
    }

    private InformerChange? Take(KubeWatchEvent change)
    {
        switch (change.Type)
        {
            case KubeWatchEventType.Bookmark:
                return null;
            case KubeWatchEventType.Deleted:
                if (!_known.TryRemove(change.Object.Key, out var last))
                {
                    return null;
                }

                Interlocked.Add(ref _bytes, -SizeOf(last));
                return new InformerChange(InformerChangeType.Deleted, change.Object, last);
            case KubeWatchEventType.Added or KubeWatchEventType.Modified:
                var changes = new List<InformerChange>(1);
                Put(change.Object, changes);
                return changes.Count > 0 ? changes[0] : null;
            default:
                throw new InvalidOperationException($"Watch event {change.Type} has no meaning here.");
        }
    }

    private void Put(KubeObject item, List<InformerChange> changes)
    {
        var previous = _known.GetValueOrDefault(item.Key);
        var kept = Keep(item);
        _known[item.Key] = kept;
        var bytes = Interlocked.Add(ref _bytes, SizeOf(kept) - (previous is null ? 0 : SizeOf(previous)));
        Check(_known.Count, bytes);
        if (previous is null)
        {
            changes.Add(new InformerChange(InformerChangeType.Added, item, null));
        }
        else if (previous.ResourceVersion != item.ResourceVersion)
        {
            changes.Add(new InformerChange(InformerChangeType.Updated, item, previous));
        }
    }

    private static int SizeOf(KubeObject value) => JsonMarshal.GetRawUtf8Value(value.Json).Length;
}
