using System.Collections.Immutable;
using Casemate.Primitives.Cbor;

namespace Casemate.Measurement.Corim;

/// <summary>Writes manifests: keys are integers in ascending order, so the encoding is deterministic.</summary>
internal static class CorimEncoder
{
    public static byte[] Write(CorimDocument document)
    {
        var writer = new CborWriter().Tag(CorimLabels.Document).Map(document.Profile is null ? 2 : 3);
        writer.Int(CorimLabels.Id).Text(document.Id).Int(CorimLabels.Tags).Array(document.Modules.Length);
        foreach (var module in document.Modules)
        {
            writer.Tag(CorimLabels.Module).Bytes(Module(module));
        }

        if (document.Profile is { } profile)
        {
            writer.Int(CorimLabels.Profile).Tag(CorimLabels.Uri).Text(profile);
        }

        return writer.ToArray();
    }

    private static byte[] Module(CorimModule module)
    {
        var writer = new CborWriter().Map(2);
        writer.Int(CorimLabels.TagIdentity).Map(module.TagVersion == 0 ? 1 : 2).Int(CorimLabels.TagId).Text(module.TagId);
        if (module.TagVersion != 0)
        {
            writer.Int(CorimLabels.TagVersion).Int(module.TagVersion);
        }

        writer.Int(CorimLabels.Triples).Map((module.References.IsEmpty ? 0 : 1) + (module.Series.IsEmpty ? 0 : 1));
        if (!module.References.IsEmpty)
        {
            writer.Int(CorimLabels.References).Array(module.References.Length);
            foreach (var reference in module.References)
            {
                Environment(writer.Array(2), reference.Environment);
                Measurements(writer, reference.Measurements);
            }
        }

        if (!module.Series.IsEmpty)
        {
            writer.Int(CorimLabels.Series).Array(module.Series.Length);
            foreach (var series in module.Series)
            {
                Series(writer, series);
            }
        }

        return writer.ToArray();
    }

    private static void Series(CborWriter writer, CorimSeries series)
    {
        Environment(writer.Array(2).Array(2), series.Environment);
        Measurements(writer, series.Claims);
        writer.Array(series.Entries.Length);
        foreach (var entry in series.Entries)
        {
            writer.Array(2);
            Measurements(writer, entry.Selection);
            Measurements(writer, entry.Addition);
        }
    }

    private static void Environment(CborWriter writer, CorimEnvironment environment) =>
        writer.Map(1).Int(CorimLabels.Class).Map(2)
            .Int(CorimLabels.Vendor).Text(environment.Vendor).Int(CorimLabels.Model).Text(environment.Model);

    private static void Measurements(CborWriter writer, ImmutableArray<CorimMeasurement> measurements)
    {
        writer.Array(measurements.Length);
        foreach (var measurement in measurements)
        {
            writer.Map(measurement.Key is null ? 1 : 2);
            if (measurement.Key is { } key)
            {
                writer.Int(CorimLabels.MeasurementKey).Text(key);
            }

            writer.Int(CorimLabels.MeasurementValues).Map((measurement.Svn is null ? 0 : 1) + (measurement.Digests.IsEmpty ? 0 : 1));
            if (measurement.Svn is { } svn)
            {
                writer.Int(CorimLabels.Svn).Tag(CorimLabels.ExactSvn).Int(svn);
            }

            if (!measurement.Digests.IsEmpty)
            {
                writer.Int(CorimLabels.Digests).Array(measurement.Digests.Length);
                foreach (var digest in measurement.Digests)
                {
                    writer.Array(2).Int(digest.Algorithm).Bytes(digest.Value.Span);
                }
            }
        }
    }
}
