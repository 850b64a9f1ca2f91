using System.Diagnostics.Metrics;

namespace Casemate.Node.Tests.Metrics;

/// <summary>What a meter measures, by name and labels as they would stand in the text for Prometheus.</summary>
internal sealed class Collected : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, List<double>> _values = new(StringComparer.Ordinal);

    public Collected(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Everything that is observed now, as <c>name{label="value"} number</c>.</summary>
    public IReadOnlyList<string> Now(string name)
    {
        lock (_values)
        {
            _values.Clear();
        }

        _listener.RecordObservableInstruments();
        lock (_values)
        {
            return
            [
                .. _values.Where(entry => entry.Key.StartsWith(name + "{", StringComparison.Ordinal))
                    .Select(entry => FormattableString.Invariant($"{entry.Key} {entry.Value[^1]}")).Order(StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>How often something was recorded.</summary>
    public int Count(string nameAndLabels)
    {
        lock (_values)
        {
            return _values.GetValueOrDefault(nameAndLabels)?.Count ?? 0;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>();
        foreach (var (name, label) in tags)
        {
            labels.Add($"{name}=\"{label}\"");
        }

        lock (_values)
        {
            var key = $"{instrument.Name}{{{string.Join(',', labels)}}}";
            if (!_values.TryGetValue(key, out var values))
            {
                _values[key] = values = [];
            }

            values.Add(value);
        }
    }
}
