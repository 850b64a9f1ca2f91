using System.Globalization;
using System.Text;

namespace Casemate.Kubernetes;

/// <summary>Builds a query, every value escaped.</summary>
internal sealed class KubeQuery
{
    private readonly StringBuilder _text = new();

    public KubeQuery Add(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return this;
    }

    public KubeQuery Add(string name, int value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
