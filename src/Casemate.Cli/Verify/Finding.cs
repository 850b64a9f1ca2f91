using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Attestation;

namespace Casemate.Cli.Verify;

/// <summary>What was found about one piece of evidence, whatever its kind.</summary>
internal abstract record Finding
{
    /// <summary>Where the collateral came from, for people.</summary>
    public string CollateralOrigin { get; init; } = "";

    /// <summary>That named collateral was missed; null: it was not.</summary>
    public CollateralWarning? Warning { get; init; }

    /// <summary>The short name of its kind: <c>sgx</c>, <c>tdx</c>, <c>snp</c>, <c>gpu</c> or <c>img</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>What it is, for people.</summary>
    public abstract string Format { get; }

    /// <summary>Whether it is genuine and every check holds.</summary>
    public abstract bool Accepted { get; }

    /// <summary>Whether it rests on a root that is not pinned.</summary>
    public virtual bool Simulated => false;

    /// <summary>The word for the status of a platform's TCB; a dash where there is none.</summary>
    public virtual string Status => "-";

    /// <summary>Every question that was asked.</summary>
    public abstract ImmutableArray<Check> Checks { get; }

    /// <summary>The failed checks.</summary>
    public IEnumerable<Check> Reasons => Checks.Where(check => check.Outcome is CheckOutcome.Failed);

    /// <summary>The same with further checks.</summary>
    public abstract Finding With(params ImmutableArray<Check> checks);

    /// <summary>Writes its JSON form into an object that the caller has opened.</summary>
    public void WriteMembers(Utf8JsonWriter json, VerdictJsonOptions options)
    {
        WriteVerdict(json, options);
        if (Warning is { } warning)
        {
            json.WriteStartArray("warnings");
            json.WriteStringValue(warning.Text);
            json.WriteEndArray();
        }
    }

    /// <summary>Writes the members of the verdict.</summary>
    protected abstract void WriteVerdict(Utf8JsonWriter json, VerdictJsonOptions options);
}
