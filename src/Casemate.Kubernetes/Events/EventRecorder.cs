using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>
/// Records Events (<c>events.k8s.io/v1</c>). The same reason about the same object becomes a series of one Event, which is written at most
/// once a minute. What cannot be recorded is logged: Events are for people, and nothing waits for them.
/// </summary>
public sealed class EventRecorder
{
    private const int MaxNoteBytes = 1024;
    private const int MaxSeries = 1024;

    // The time after which client-go, too, begins a new Event.
    private static readonly TimeSpan SeriesEnd = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan WriteAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(KubeReference, string, string, bool), Series> _series = [];
    private readonly KubeClient _client;
    private readonly string _controller;
    private readonly string _instance;

    /// <summary>Makes a recorder.</summary>
    /// <param name="client">Through whom; stays the caller's.</param>
    /// <param name="controller">Which program reports, such as <c>casemate.dev/node</c>.</param>
    /// <param name="instance">Which of them, such as the node's or pod's name; at most 128 characters.</param>
    public EventRecorder(KubeClient client, string controller, string instance)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(controller);
        ArgumentException.ThrowIfNullOrEmpty(instance);
        (_client, _controller, _instance) = (client, controller, instance.Length <= 128 ? instance : instance[..128]);
    }

    private sealed class Series(string namespaceName, string name)
    {
        public string Namespace { get; } = namespaceName;
        public string Name { get; } = name;
        public int Count { get; set; } = 1;
        public bool IsThere { get; set; }
        public DateTimeOffset LastSeen { get; set; }
        public DateTimeOffset LastWritten { get; set; }
    }

    /// <summary>Records an Event, or counts it in the series that it belongs to.</summary>
    /// <returns>True when the API server holds it, or has just been told of its series.</returns>
    public async Task<bool> RecordAsync(KubeEvent what, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(what);
        var now = _client.Time.GetUtcNow();
        var (series, isNew, write) = Count(what, now);
        if (!write)
        {
            return true;
        }

        try
        {
            if (!isNew && await ContinueAsync(series, now, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }

            await _client.CreateAsync(
                KubeResource.Events, series.Namespace, ToNode(what, series, now), cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                series.IsThere = true;
            }

            return true;
        }
        catch (Exception exception) when (exception is KubeException or KubeConfigurationException)
        {
            KubeLog.EventLost(_client.Options.Logger, what.Reason, what.Regarding.ToString(), exception.Message);
            return false;
        }
    }

    private (Series Series, bool IsNew, bool Write) Count(KubeEvent what, DateTimeOffset now)
    {
        var key = (what.Regarding, what.Reason, what.Action, what.IsWarning);
        lock (_lock)
        {
            if (_series.TryGetValue(key, out var series) && now - series.LastSeen < SeriesEnd)
            {
                series.Count++;
                series.LastSeen = now;
                if (series.IsThere && series.Count > 2 && now - series.LastWritten < WriteAgainAfter)
                {
                    return (series, false, false);
                }

                series.LastWritten = now;
                return (series, !series.IsThere, true);
            }

            if (_series.Count >= MaxSeries)
            {
                _series.Remove(_series.MinBy(entry => entry.Value.LastSeen).Key);
            }

            var prefix = what.Regarding.Name.Length <= 200 ? what.Regarding.Name : what.Regarding.Name[..200].TrimEnd('.', '-');
            _series[key] = series = new Series(
                what.Regarding.Namespace ?? "default", $"{prefix}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}")
            {
                LastSeen = now,
                LastWritten = now,
            };
            return (series, true, true);
        }
    }

    /// <returns>False when the Event is no longer there: they live for an hour.</returns>
    private async Task<bool> ContinueAsync(Series series, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var patch = KubePatch.Merge(new JsonObject
        {
            ["series"] = new JsonObject { ["count"] = series.Count, ["lastObservedTime"] = MicroTime(now) },
        });
        try
        {
            await _client.PatchAsync(
                KubeResource.Events, series.Namespace, series.Name, patch, cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KubeException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }

    private JsonObject ToNode(KubeEvent what, Series series, DateTimeOffset now) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = series.Name, ["namespace"] = series.Namespace },
        ["eventTime"] = MicroTime(now),
        ["reportingController"] = _controller,
        ["reportingInstance"] = _instance,
        ["action"] = what.Action,
        ["reason"] = what.Reason,
        ["regarding"] = what.Regarding.ToNode(),
        ["note"] = Cut(what.Note),
        ["type"] = what.IsWarning ? "Warning" : "Normal",
    };

    private static string MicroTime(DateTimeOffset now) =>
        now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string Cut(string note)
    {
        var length = 0;
        var bytes = 0;
        foreach (var rune in note.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxNoteBytes)
            {
                return note[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return note;
    }
}
