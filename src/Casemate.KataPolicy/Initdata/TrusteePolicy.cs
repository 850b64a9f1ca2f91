using System.Collections.Immutable;
using System.Text;

namespace Casemate.KataPolicy.Initdata;

/// <summary>
/// An attestation policy for Trustee that affirms exactly the guests which were started with one initdata document. Values of claims:
/// draft-ietf-rats-ar4si. Names of claims: confidential-containers/trustee, both the flat and the nested form of SEV-SNP.
/// </summary>
public static class TrusteePolicy
{
    private static readonly (string Tee, string Target, string Field)[] Kinds =
    [
        ("snp", "snp", "HOST_DATA"), ("tdx", "tdx", "MRCONFIGID"), ("az-snp-vtpm", "vtpm", "PCR8"), ("az-tdx-vtpm", "vtpm", "PCR8"),
    ];

    /// <summary>The kinds of evidence that can be asked for, by their names in the key broker's protocol.</summary>
    public static ImmutableArray<string> Tees => [.. Kinds.Select(kind => kind.Tee)];

    /// <summary>Writes the policy.</summary>
    /// <param name="origin">What it is for; stands in a comment.</param>
    /// <param name="fields">The fields of evidence with their values.</param>
    /// <param name="tees">The kinds of evidence, of <see cref="Tees"/>.</param>
    /// <param name="measurements">
    /// Launch measurements (SEV-SNP) and MRTDs (TDX) in lower-case hexadecimal digits that pass; empty: none passes.
    /// </param>
    /// <param name="acceptAnyGuestImage">True to let any measurement pass: whoever starts guests then chooses what reads the policy.</param>
    public static string Write(
        string origin, IReadOnlyList<BoundField> fields, IReadOnlyCollection<string> tees, IReadOnlyCollection<string> measurements,
        bool acceptAnyGuestImage)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(tees);
        ArgumentNullException.ThrowIfNull(measurements);
        var text = new StringBuilder();
        text.Append("package policy\n\nimport rego.v1\n\n# Affirms guests that run under one agent policy, and no other: ")
            .Append(Manifests.ShownText.Of(origin)).Append(".\n# Written by 'casemate policy bind'.\n\n");
        text.Append("# What the host must have bound at the guest's start, by kind of evidence.\nbound_values := {\n");
        foreach (var (tee, target, field) in Kinds.Where(kind => tees.Contains(kind.Tee)))
        {
            var values = fields.Where(one => one.Target == target).Select(one => $"\"{one.Hex}\"").Distinct().ToList();
            if (values.Count > 0)
            {
                text.Append("\t\"").Append(tee).Append("\": {").AppendJoin(", ", values).Append("}, # ").Append(field).Append('\n');
            }
        }

        text.Append("}\n\n# Launch measurements of the guest image: it is what reads and keeps the agent policy.\nmeasurements := {");
        text.Append(measurements.Count == 0 ? "\"none\"" : "\n");
        foreach (var measurement in measurements.Order(StringComparer.Ordinal))
        {
            text.Append("\t\"").Append(measurement).Append("\",\n");
        }

        text.Append("}\n\n").Append(Rules);
        if (acceptAnyGuestImage)
        {
            text.Append(AnyImage);
        }

        return text.ToString();
    }

    private const string AnyImage = """

        # Asked for in so many words: the guest image is not looked at.
        measured if tee

        """;

    private const string Rules = """
        tee := kind if {
        	some kind, _ in bound_values
        	input[kind]
        }

        # Every form in which the bound value may stand; all that stand there must be the expected one.
        reported contains lower(value) if value := input.init_data
        reported contains lower(value) if value := input[tee].init_data
        reported contains lower(value) if value := input[tee].host_data
        reported contains lower(value) if value := input[tee].evidence.host_data
        reported contains lower(value) if value := input[tee].quote.body.mr_config_id
        reported contains lower(value) if value := input[tee].tpm.pcr08

        # Under a virtual TPM the hardware's own fields bind the TPM's key: PCR 8 alone counts.
        relevant := {lower(input[tee].tpm.pcr08)} if endswith(tee, "-vtpm")
        relevant := reported if not endswith(tee, "-vtpm")

        bound if {
        	count(relevant) == 1
        	every value in relevant {
        		value in bound_values[tee]
        	}
        }

        measured if lower(input[tee].measurement) in measurements
        measured if lower(input[tee].evidence.measurement) in measurements
        measured if lower(input[tee].quote.body.mr_td) in measurements

        undebuggable if input.snp.policy_debug_allowed == false
        undebuggable if input.snp.policy_debug_allowed == "0"
        undebuggable if input.snp.evidence.policy.debug_allowed == false
        undebuggable if input.tdx.td_attributes.debug == false
        undebuggable if endswith(tee, "-vtpm")

        current if tee in {"snp", "az-snp-vtpm"}
        current if input[tee].tcb_status == "UpToDate"

        default executables := 33
        executables := 3 if {
        	bound
        	measured
        }

        default hardware := 97
        hardware := 2 if {
        	bound
        	current
        }

        default configuration := 36
        configuration := 2 if {
        	bound
        	undebuggable
        }

        trust_claims := {
        	"executables": executables,
        	"hardware": hardware,
        	"configuration": configuration,
        	"file-system": 0,
        	"instance-identity": 0,
        	"runtime-opaque": 0,
        	"storage-opaque": 0,
        	"sourced-data": 0,
        }

        """;
}
