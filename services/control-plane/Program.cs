using Turnpike.ControlPlane;
using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Telemetry;

ServiceIdentity identity = ServiceIdentity.Of("control-plane", typeof(ControlPlaneSettings).Assembly);
ServiceStart<ControlPlaneSettings> start = ServiceStart.Read(identity, args, ControlPlaneSettings.Catalog, ControlPlaneSettingsReader.Read);
if (start.ExitCode is int exitCode)
{
    return exitCode; // --help, --version, or settings that are wrong: all is said.
}

WebApplicationBuilder builder = start.CreateBuilder();
builder.AddServiceDefaults(identity).AddTelemetry(identity, Environment.MachineName, start.Settings.Telemetry);
builder.AddControlPlane(start.Settings);

WebApplication app = builder.Build();
app.UseControlPlane();
return await app.RunServiceAsync();
