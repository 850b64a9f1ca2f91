using System.Globalization;
using Casemate.Node.Discovery;

namespace Casemate.Node.Advertisement;

/// <summary>The labels that tell schedulers and people what a node has.</summary>
internal sealed class PlannedLabels(NodeHardware hardware, AdvertisementSettings settings, EpcFrontEnd frontEnd, List<PlannedBank> banks)
{
    private const string Own = "casemate.dev/";

    private readonly List<PlannedLabel> _labels = [];

    public ValueList<PlannedLabel> Make()
    {
        var sgx = frontEnd is EpcFrontEnd.None ? null : hardware.Sgx;
        if (sgx is not null && settings.CompatibilityLabels)
        {
            _labels.Add(new PlannedLabel("tee", "sgx"));
            _labels.Add(new PlannedLabel("sgx.intel.com/capable", "true"));
            _labels.Add(new PlannedLabel("intel.feature.node.kubernetes.io/sgx", "true"));
        }

        if (settings.OwnLabels)
        {
            if (sgx is not null)
            {
                Add("sgx-driver", sgx.Driver.Word());
                Add("sgx-flc", sgx.FlexibleLaunchControl);
                Add("sgx2", sgx.Sgx2);
                Add("sgx-epc-mib", (banks.Sum(bank => bank.AvailableBytes) >> 20).ToString(CultureInfo.InvariantCulture));
                Add("sgx-quote-mode", QuoteMode(sgx));
                Add("sgx-numa-banks", banks.Count.ToString(CultureInfo.InvariantCulture));
            }

            AddIf("snp-host", hardware.SnpHost is { Usable: true });
            AddIf("snp-guest", hardware.SnpGuest is not null);
            AddIf("tdx-host", hardware.TdxHost is { Usable: true });
            AddIf("tdx-guest", hardware.TdxGuest is not null);
        }

        // Never switched off: nobody may take simulated hardware for real.
        AddIf("simulated", hardware.Simulated);
        return [.. _labels.OrderBy(label => label.Key, StringComparer.Ordinal)];
    }

    // Where an enclave of this node gets its quotes: from the helper, by itself with the provisioning device, or nowhere.
    private string QuoteMode(SgxHardware sgx) =>
        settings.QuoteHelper ? "helper" : sgx.Provision is not null && settings.ProvisionCount > 0 ? "in-process" : "none";

    private void Add(string name, string value) => _labels.Add(new PlannedLabel(Own + name, value));

    private void Add(string name, bool value) => Add(name, value ? "true" : "false");

    private void AddIf(string name, bool present)
    {
        if (present)
        {
            Add(name, "true");
        }
    }
}
