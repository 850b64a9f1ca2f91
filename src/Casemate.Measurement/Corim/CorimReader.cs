using System.Collections.Immutable;
using System.Text;
using Casemate.Primitives.Cbor;

namespace Casemate.Measurement.Corim;

/// <summary>
/// Reads manifests. Every method returns what is wrong, or null; texts name the place as <c>tags[0].triples.reference[1]</c>.
/// </summary>
internal static class CorimReader
{
    private const int MaxText = 1024;
    private const int MaxItems = 256;
    private const int MaxKeys = 16;

    private delegate string? ReadValue(ref CborReader reader, long key);

    private delegate string? ReadItem<T>(ref CborReader reader, string place, out T? item);

    public static string? Read(ReadOnlySpan<byte> source, out CorimDocument? document)
    {
        document = null;
        var reader = new CborReader(source);
        if (!reader.TryReadTag(out var tag) || tag != CorimLabels.Document)
        {
            return "not a CoRIM: the tag is not 501";
        }

        var (id, profile) = ((string?)null, (string?)null);
        var modules = ImmutableArray<CorimModule>.Empty;
        var error = ReadMap(ref reader, "the manifest", (ref CborReader value, long key) => key switch
        {
            CorimLabels.Id => ReadText(ref value, "id", out id),
            CorimLabels.Tags => ReadArray(ref value, "tags", 1, ReadModule, out modules),
            CorimLabels.Profile => ReadProfile(ref value, out profile),
            _ => $"the manifest has the member {key}, which is not known here",
        });
        if (error is not null)
        {
            return error;
        }

        if (!reader.IsEmpty)
        {
            return "bytes follow the manifest";
        }

        if (id is null || modules.IsEmpty)
        {
            return "the manifest has no id, or no tags";
        }

        document = new CorimDocument { Id = id, Profile = profile, Modules = modules };
        return null;
    }

    private static string? ReadProfile(ref CborReader reader, out string? profile)
    {
        // A URI is tagged text; some write the text alone.
        if (reader.PeekMajorType == CborMajorType.Tag && (!reader.TryReadTag(out var tag) || tag != CorimLabels.Uri))
        {
            profile = null;
            return "profile is not a URI";
        }

        return ReadText(ref reader, "profile", out profile);
    }

    private static string? ReadModule(ref CborReader reader, string place, out CorimModule? module)
    {
        module = null;
        if (!reader.TryReadTag(out var tag) || tag != CorimLabels.Module || !reader.TryReadByteString(out var encoded))
        {
            return $"{place} is not a CoMID (bytes under tag 506)";
        }

        var (tagId, tagVersion) = ((string?)null, 0L);
        var references = ImmutableArray<CorimReference>.Empty;
        var series = ImmutableArray<CorimSeries>.Empty;
        var hasTriples = false;
        var content = new CborReader(encoded);
        var error = ReadMap(ref content, place, (ref CborReader value, long key) =>
        {
            switch (key)
            {
                case CorimLabels.TagIdentity:
                    return ReadMap(ref value, $"{place}.tag-identity", (ref CborReader inner, long label) => label switch
                    {
                        CorimLabels.TagId => ReadTagId(ref inner, place, out tagId),
                        CorimLabels.TagVersion => inner.TryReadInt64(out tagVersion) && tagVersion >= 0
                            ? null : $"{place}.tag-version is not a number from 0 to {long.MaxValue}",
                        _ => $"{place}.tag-identity has the member {label}, which is not known here",
                    });
                case CorimLabels.Triples:
                    hasTriples = true;
                    return ReadMap(ref value, $"{place}.triples", (ref CborReader inner, long label) => label switch
                    {
                        CorimLabels.References => ReadArray(ref inner, $"{place}.triples.reference", 1, ReadReference, out references),
                        CorimLabels.Series => ReadArray(ref inner, $"{place}.triples.series", 1, ReadSeries, out series),
                        _ => $"{place}.triples are of kind {label}, which is not known here",
                    });
                default:
                    return $"{place} has the member {key}, which is not known here";
            }
        });
        if (error is not null)
        {
            return error;
        }

        if (!content.IsEmpty || tagId is null || !hasTriples)
        {
            return $"{place} has no tag-id or no triples, or bytes follow it";
        }

        module = new CorimModule { TagId = tagId, TagVersion = tagVersion, References = references, Series = series };
        return null;
    }

    private static string? ReadTagId(ref CborReader reader, string place, out string? tagId)
    {
        if (reader.PeekMajorType == CborMajorType.ByteString && reader.TryReadByteString(out var uuid))
        {
            tagId = uuid.Length == 16 ? new Guid(uuid, bigEndian: true).ToString("D") : null;
            return tagId is null ? $"{place}.tag-id has {uuid.Length} bytes, not the 16 of a UUID" : null;
        }

        return ReadText(ref reader, $"{place}.tag-id", out tagId);
    }

    private static string? ReadReference(ref CborReader reader, string place, out CorimReference? reference)
    {
        reference = null;
        if (!reader.TryReadArrayStart(out var count) || count != 2)
        {
            return $"{place} is not a pair of environment and measurements";
        }

        var error = ReadEnvironment(ref reader, place, out var environment);
        if (error is not null)
        {
            return error;
        }

        error = ReadArray<CorimMeasurement>(ref reader, $"{place}.measurements", 1, ReadMeasurement, out var measurements);
        reference = error is null ? new CorimReference(environment!, measurements) : null;
        return error;
    }

    private static string? ReadSeries(ref CborReader reader, string place, out CorimSeries? series)
    {
        series = null;
        if (!reader.TryReadArrayStart(out var count) || count != 2 || !reader.TryReadArrayStart(out count) || count != 2)
        {
            return $"{place} is not a pair of condition (environment and claims, nothing more) and series";
        }

        var error = ReadEnvironment(ref reader, $"{place}.condition", out var environment);
        if (error is not null)
        {
            return error;
        }

        error = ReadArray<CorimMeasurement>(ref reader, $"{place}.condition.claims", 0, ReadMeasurement, out var claims);
        if (error is not null)
        {
            return error;
        }

        error = ReadArray<CorimSeriesEntry>(ref reader, $"{place}.series", 1, ReadEntry, out var entries);
        series = error is null ? new CorimSeries(environment!, claims, entries) : null;
        return error;
    }

    private static string? ReadEntry(ref CborReader reader, string place, out CorimSeriesEntry? entry)
    {
        entry = null;
        if (!reader.TryReadArrayStart(out var count) || count != 2)
        {
            return $"{place} is not a pair of selection and addition";
        }

        var error = ReadArray<CorimMeasurement>(ref reader, $"{place}.selection", 1, ReadMeasurement, out var selection);
        if (error is not null)
        {
            return error;
        }

        error = ReadArray<CorimMeasurement>(ref reader, $"{place}.addition", 1, ReadMeasurement, out var addition);
        entry = error is null ? new CorimSeriesEntry(selection, addition) : null;
        return error;
    }

    private static string? ReadEnvironment(ref CborReader reader, string place, out CorimEnvironment? environment)
    {
        environment = null;
        var (vendor, model) = ((string?)null, (string?)null);
        var error = ReadMap(ref reader, $"{place}.environment", (ref CborReader value, long key) => key == CorimLabels.Class
            ? ReadMap(ref value, $"{place}.class", (ref CborReader inner, long label) => label switch
            {
                CorimLabels.Vendor => ReadText(ref inner, $"{place}.vendor", out vendor),
                CorimLabels.Model => ReadText(ref inner, $"{place}.model", out model),
                _ => $"{place}.class has the member {label}, which is not known here",
            })
            : $"{place}.environment has the member {key}, which is not known here");
        if (error is not null)
        {
            return error;
        }

        environment = vendor is not null && model is not null ? new CorimEnvironment(vendor, model) : null;
        return environment is null ? $"{place}.environment has no vendor or no model" : null;
    }

    private static string? ReadMeasurement(ref CborReader reader, string place, out CorimMeasurement? measurement)
    {
        measurement = null;
        var (name, svn) = ((string?)null, (long?)null);
        var digests = ImmutableArray<CorimDigest>.Empty;
        var error = ReadMap(ref reader, place, (ref CborReader value, long key) => key switch
        {
            CorimLabels.MeasurementKey => ReadText(ref value, $"{place}.mkey", out name),
            CorimLabels.MeasurementValues => ReadMap(ref value, $"{place}.mval", (ref CborReader inner, long label) => label switch
            {
                CorimLabels.Svn => ReadSvn(ref inner, place, out svn),
                CorimLabels.Digests => ReadArray(ref inner, $"{place}.digests", 1, ReadDigest, out digests),
                _ => $"{place}.mval has the member {label}, which is not known here",
            }),
            _ => $"{place} has the member {key}, which is not known here",
        });
        if (error is not null)
        {
            return error;
        }

        if (digests.IsEmpty && svn is null)
        {
            return $"{place} has neither digests nor a security version";
        }

        if (digests.Select(d => d.Algorithm).Distinct().Count() != digests.Length)
        {
            return $"{place}.digests has two of one algorithm";
        }

        measurement = new CorimMeasurement { Key = name, Svn = svn, Digests = digests };
        return null;
    }

    private static string? ReadSvn(ref CborReader reader, string place, out long? svn)
    {
        svn = null;
        if (!reader.TryReadTag(out var tag) || tag != CorimLabels.ExactSvn)
        {
            return $"{place}.svn is not an exact one (tag 552): minima (tag {CorimLabels.MinimumSvn}) and bare numbers are refused";
        }

        if (!reader.TryReadInt64(out var number) || number < 0)
        {
            return $"{place}.svn is not a number from 0 to {long.MaxValue}";
        }

        svn = number;
        return null;
    }

    private static string? ReadDigest(ref CborReader reader, string place, out CorimDigest? digest)
    {
        digest = null;
        if (!reader.TryReadArrayStart(out var count) || count != 2 || !reader.TryReadInt64(out var algorithm)
            || !reader.TryReadByteString(out var value))
        {
            return $"{place} is not a pair of algorithm (a number) and bytes";
        }

        if (algorithm is < 0 or > int.MaxValue || CorimDigest.SizeOf((int)algorithm) is not { } size)
        {
            return $"{place} is of algorithm {algorithm}; sha-256 (1), sha-384 (7) and sha-512 (8) are known";
        }

        digest = value.Length == size ? new CorimDigest((int)algorithm, value.ToArray()) : null;
        return digest is null ? $"{place} has {value.Length} bytes, its algorithm gives {size}" : null;
    }

    private static string? ReadText(ref CborReader reader, string place, out string? text)
    {
        text = null;
        if (!reader.TryReadTextString(out var utf8) || utf8.Length is 0 or > MaxText)
        {
            return $"{place} is not text of 1 to {MaxText} bytes";
        }

        text = Encoding.UTF8.GetString(utf8);
        return null;
    }

    // Keys ascend, so none comes twice; another order would be another encoding of the same.
    private static string? ReadMap(ref CborReader reader, string place, ReadValue read)
    {
        if (!reader.TryReadMapStart(out var count) || count is 0 or > MaxKeys)
        {
            return $"{place} is not a map of 1 to {MaxKeys} members";
        }

        var last = -1L;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadInt64(out var key) || key <= last)
            {
                return $"{place}: member {i + 1} has no number as its key, or not one above the key before it";
            }

            last = key;
            if (read(ref reader, key) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static string? ReadArray<T>(ref CborReader reader, string place, int least, ReadItem<T> read, out ImmutableArray<T> items)
    {
        items = [];
        if (!reader.TryReadArrayStart(out var count) || count < least || count > MaxItems)
        {
            return $"{place} is not an array of {least} to {MaxItems} items";
        }

        var builder = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
        {
            if (read(ref reader, $"{place}[{i}]", out var item) is { } error)
            {
                return error;
            }

            builder.Add(item!);
        }

        items = builder.MoveToImmutable();
        return null;
    }
}
