using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Casemate.Serve.Metrics;

/// <summary>
/// Collects what some meters measure and writes it as text for Prometheus, with <c>casemate_build_info</c> before it. Sources: Prometheus
/// exposition format 0.0.4, OpenMetrics 1.0.0. Ours, because no exporter is among the packages that this project builds from.
/// </summary>
public sealed class PrometheusText : IDisposable
{
    /// <summary>The content type of the text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The content type of the text in the form of OpenMetrics.</summary>
    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private const string Total = "_total";

    // Labels come from closed sets, so this is never reached; a mistake there must not eat the memory.
    private const int MaxSeriesPerInstrument = 1000;

    private readonly Lock _writing = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> _instruments =
        new(ReferenceEqualityComparer.Instance);

    /// <summary>Starts collecting.</summary>
    /// <param name="meters">The meters; others of the same name are not heard.</param>
    public PrometheusText(params IEnumerable<Meter> meters)
    {
        var heard = new HashSet<Meter>(meters, ReferenceEqualityComparer.Instance);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (heard.Contains(instrument.Meter))
            {
                _instruments.TryAdd(instrument, new ConcurrentDictionary<string, Series>());
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The text, UTF-8.</summary>
    /// <param name="openMetrics">In the form of OpenMetrics.</param>
    public ReadOnlyMemory<byte> Write(bool openMetrics = false)
    {
        var text = new StringBuilder(4096);
        WriteHead(text, BuildIdentity.MetricName, "Which build this is.", "gauge");
        text.Append(BuildIdentity.MetricName).Append('{').Append(Labels(BuildIdentity.Labels)).Append("} 1\n");
        lock (_writing)
        {
            Observe();
            foreach (var (instrument, series) in _instruments.OrderBy(i => i.Key.Name, StringComparer.Ordinal))
            {
                WriteTo(text, instrument, series, openMetrics);
            }
        }

        return Encoding.UTF8.GetBytes(text.Append(openMetrics ? "# EOF\n" : "").ToString());
    }

    // What is observed is what is there now: a value that nobody gives any more, such as of a pod that ended, has no line.
    private void Observe()
    {
        foreach (var (instrument, series) in _instruments)
        {
            if (instrument.IsObservable)
            {
                series.Clear();
            }
        }

        _listener.RecordObservableInstruments();
    }

    private static void WriteTo(
        StringBuilder text, Instrument instrument, ConcurrentDictionary<string, Series> series, bool openMetrics)
    {
        var isHistogram = instrument is Histogram<double>;
        var isGauge = instrument.IsObservable && instrument.GetType().Name.StartsWith("ObservableGauge", StringComparison.Ordinal);
        var isCounter = !isHistogram && !isGauge;
        var family = openMetrics && isCounter && instrument.Name.EndsWith(Total, StringComparison.Ordinal)
            ? instrument.Name[..^Total.Length]
            : instrument.Name;
        WriteHead(text, family, instrument.Description ?? "", isHistogram ? "histogram" : isGauge ? "gauge" : "counter");

        // A counter that has counted nothing stands at 0; a gauge without a value has none, and 0 would be one.
        if (series.IsEmpty && isCounter)
        {
            text.Append(instrument.Name).Append(" 0\n");
        }

        foreach (var (labels, values) in series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            values.WriteTo(text, instrument.Name, labels);
        }
    }

    private static void WriteHead(StringBuilder text, string name, string description, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(EscapeHelp(description)).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    /// <summary>Stops collecting.</summary>
    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_instruments.TryGetValue(instrument, out var all))
        {
            return;
        }

        var labels = Labels(tags);
        if (!all.TryGetValue(labels, out var series))
        {
            if (all.Count >= MaxSeriesPerInstrument)
            {
                return;
            }

            series = all.GetOrAdd(labels, static (_, i) => new Series(i), instrument);
        }

        series.Record(value);
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"");
            foreach (var c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                text.Append(c switch { '\\' => "\\\\", '"' => "\\\"", '\n' => "\\n", _ => c.ToString() });
            }

            text.Append('"');
        }

        return text.ToString();
    }

    private static string EscapeHelp(string help) =>
        help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>The values of one instrument under one set of labels.</summary>
    private sealed class Series
    {
        private readonly Lock _lock = new();
        private readonly IReadOnlyList<double>? _boundaries;
        private readonly long[] _buckets = [];
        private readonly bool _replaces;
        private double _sum;
        private long _count;

        public Series(Instrument instrument)
        {
            _replaces = instrument.IsObservable;
            if (instrument is Histogram<double> histogram)
            {
                _boundaries = histogram.Advice?.HistogramBucketBoundaries ?? [];
                _buckets = new long[_boundaries.Count];
            }
        }

        public void Record(double value)
        {
            lock (_lock)
            {
                _count++;
                _sum = _replaces ? value : _sum + value;
                for (var i = 0; i < _buckets.Length; i++)
                {
                    if (value <= _boundaries![i])
                    {
                        _buckets[i]++;                                     // cumulative, as the format wants it
                    }
                }
            }
        }

        public void WriteTo(StringBuilder text, string name, string labels)
        {
            lock (_lock)
            {
                if (_boundaries is null)
                {
                    Line(text, name, labels, _sum);
                    return;
                }

                var prefix = labels.Length == 0 ? "" : labels + ",";
                for (var i = 0; i < _buckets.Length; i++)
                {
                    Line(text, name + "_bucket", $"{prefix}le=\"{Number(_boundaries[i])}\"", _buckets[i]);
                }

                Line(text, name + "_bucket", $"{prefix}le=\"+Inf\"", _count);
                Line(text, name + "_sum", labels, _sum);
                Line(text, name + "_count", labels, _count);
            }
        }

        private static void Line(StringBuilder text, string name, string labels, double value)
        {
            text.Append(name);
            if (labels.Length > 0)
            {
                text.Append('{').Append(labels).Append('}');
            }

            text.Append(' ').Append(Number(value)).Append('\n');
        }

        private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }
}
