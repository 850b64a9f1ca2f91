using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Casemate.Kubernetes;

/// <summary>Reads the fields that a kind names. Duplicates and depth were looked at when the object came.</summary>
internal static class KindReader
{
    public static IReadOnlyDictionary<string, T> Empty<T>() => ReadOnlyDictionary<string, T>.Empty;

    public static T Read<T>(KubeObject value, JsonTypeInfo<T> type)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        try
        {
            return value.Json.Deserialize(type) ?? throw KubeObject.Malformed($"{typeof(T).Name} is null");
        }
        catch (JsonException exception)
        {
            // The path names the field; the value is not quoted.
            throw KubeObject.Malformed($"the field {StatusAnswer.Clean(exception.Path ?? "$")} has another type than it should");
        }
    }
}
