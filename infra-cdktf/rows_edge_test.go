package main

import (
	"fmt"
	"slices"
	"strings"
)

func edgeProperties() []property {
	return []property{
		{3, "each environment's name leads to its load balancer", func(w *world, f *faults) {
			for env, m := range w.environments {
				site := m.one("aws_route53_record", "site")
				alias := at(site, "alias")
				f.check(site["name"] == env.Host, "%s: the name is %v, not %s", env.Name, site["name"], env.Host)
				f.check(site["type"] == "A" && target(alias["name"]) == "alb" && target(alias["zone_id"]) == "alb", "%s: the name does not lead to the load balancer", env.Name)
				f.check(alias["evaluate_target_health"] == true, "%s: health is not looked at", env.Name)
			}
			names := []string{w.Environments[0].Host, w.Environments[1].Host, w.Environments[2].Host}
			zone := w.Account.Zone
			f.check(slices.Equal(names, []string{"dev." + zone, "qa." + zone, zone}), "the names are %v", names)
		}},
		{14, "the load balancer is public and leads to web alone, at port 8000", func(w *world, f *faults) {
			for env, m := range w.environments {
				balancer := m.one("aws_lb", "alb")
				f.check(balancer["internal"] == false && balancer["load_balancer_type"] == "application", "%s: the load balancer is not public", env.Name)
				f.check(slices.Equal(targets(balancer["security_groups"]), []string{"group-alb"}), "%s: its groups are %v", env.Name, balancer["security_groups"])
				group := m.one("aws_lb_target_group", "target-web")
				f.check(group["target_type"] == "ip" && group["port"] == 8000.0, "%s: the target is %v:%v", env.Name, group["target_type"], group["port"])
				f.check(at(group, "health_check")["path"] == "/readyz", "%s: web's health is asked at %v", env.Name, at(group, "health_check")["path"])
				balanced := 0
				for name, service := range m.all("aws_ecs_service") {
					if service["load_balancer"] == nil {
						continue
					}
					balanced++
					to := at(service, "load_balancer")
					f.check(name == "web" && to["container_name"] == "web" && to["container_port"] == 8000.0 && target(to["target_group_arn"]) == "target-web",
						"%s: %s is behind the load balancer as %v", env.Name, name, to)
				}
				f.check(balanced == 1, "%s: %d services are behind the load balancer", env.Name, balanced)
			}
		}},
		{15, "the load balancer listens at 80 and 443", func(w *world, f *faults) {
			for env, m := range w.environments {
				var ports []string
				for _, listener := range m.all("aws_lb_listener") {
					ports = append(ports, number(listener["port"]))
				}
				slices.Sort(ports)
				f.check(slices.Equal(ports, []string{"443", "80"}), "%s: the ports are %v", env.Name, ports)
				in := entrances(m, "group-alb")
				f.check(slices.Equal(in, []string{"0.0.0.0/0 443", "0.0.0.0/0 80"}), "%s: the load balancer is open to %v", env.Name, in)
			}
		}},
		{16, "TLS ends at the load balancer with a certificate that AWS has validated", func(w *world, f *faults) {
			for env, m := range w.environments {
				listener := listenerAt(m, 443)
				policy := word(listener["ssl_policy"])
				f.check(listener["protocol"] == "HTTPS", "%s: 443 is %v", env.Name, listener["protocol"])
				f.check(strings.HasPrefix(policy, "ELBSecurityPolicy-TLS13-1-2") || strings.HasPrefix(policy, "ELBSecurityPolicy-TLS13-1-3"), "%s: the TLS policy is %s", env.Name, policy)
				validation := m.one("aws_acm_certificate_validation", target(listener["certificate_arn"]))
				certificate := m.one("aws_acm_certificate", target(validation["certificate_arn"]))
				f.check(len(validation) > 0, "%s: the certificate is used before it is validated", env.Name)
				f.check(certificate["domain_name"] == env.Host && certificate["validation_method"] == "DNS", "%s: the certificate is for %v", env.Name, certificate["domain_name"])
				f.check(strings.Contains(fmt.Sprint(validation["validation_record_fqdns"]), "aws_route53_record.certificate-proof"), "%s: the validation does not wait for its records", env.Name)
			}
		}},
		{17, "HTTP only sends to HTTPS", func(w *world, f *faults) {
			for env, m := range w.environments {
				actions := each(listenerAt(m, 80)["default_action"])
				f.check(len(actions) == 1, "%s: 80 does %d things", env.Name, len(actions))
				for _, action := range actions {
					to := at(action, "redirect")
					f.check(action["type"] == "redirect" && to["protocol"] == "HTTPS" && to["port"] == "443" && to["status_code"] == "HTTP_301",
						"%s: 80 does %v", env.Name, action)
				}
			}
		}},
		{23, "there is one public zone, and only Amazon makes certificates for it", func(w *world, f *faults) {
			for name, m := range w.Modules {
				zones := m.all("aws_route53_zone")
				if name != "shared" {
					f.check(len(zones) == 0, "%s makes a zone of its own", name)
					continue
				}
				f.check(len(zones) == 1 && m.one("aws_route53_zone", "zone")["name"] == w.Account.Zone, "shared has the zones %v", zones)
				f.check(m.one("aws_route53_zone", "zone")["vpc"] == nil, "the zone is private")
				caa := m.one("aws_route53_record", "caa")
				f.check(caa["type"] == "CAA" && slices.Contains(words(caa["records"]), `0 issue "amazon.com"`), "the CAA record is %v", caa["records"])
			}
		}},
		{24, "every environment makes its own records in the shared zone", func(w *world, f *faults) {
			for env, m := range w.environments {
				zone := at(m.JSON, "data", "aws_route53_zone", "zone")
				f.check(zone["name"] == w.Account.Zone && zone["private_zone"] == false, "%s: its zone is %v", env.Name, zone["name"])
				for name, record := range m.all("aws_route53_record") {
					f.check(record["zone_id"] == "${data.aws_route53_zone.zone.zone_id}", "%s: %s is in the zone %v", env.Name, name, record["zone_id"])
				}
				loop := word(m.one("aws_route53_record", "certificate-proof")["for_each"])
				f.check(strings.Contains(loop, "domain_validation_options"), "%s: the certificate's records are not made: %s", env.Name, loop)
			}
		}},
		{0, "a firewall stands before qa and prod, and long notes only count there", func(w *world, f *faults) {
			for env, m := range w.environments {
				acl := m.one("aws_wafv2_web_acl", "firewall")
				if !env.WAF {
					f.check(len(acl) == 0, "%s: there is a firewall", env.Name)
					continue
				}
				bound := m.one("aws_wafv2_web_acl_association", "firewall-alb")
				f.check(target(bound["resource_arn"]) == "alb" && target(bound["web_acl_arn"]) == "firewall", "%s: the firewall stands before nothing", env.Name)
				logged := m.one("aws_wafv2_web_acl_logging_configuration", "firewall-log")
				var hidden []string
				for _, field := range each(logged["redacted_fields"]) {
					hidden = append(hidden, word(at(field, "single_header")["name"]))
				}
				f.check(target(logged["resource_arn"]) == "firewall" && slices.Equal(hidden, []string{"authorization", "cookie"}), "%s: its log hides only %v", env.Name, hidden)
				var counted []string
				for _, rule := range each(acl["rule"]) {
					for _, override := range each(at(rule, "statement", "managed_rule_group_statement")["rule_action_override"]) {
						f.check(at(override, "action_to_use")["count"] != nil, "%s: %v", env.Name, override)
						counted = append(counted, word(override["name"]))
					}
				}
				f.check(slices.Contains(counted, "SizeRestrictions_BODY") && slices.Contains(counted, "CrossSiteScripting_BODY"), "%s: only %v count", env.Name, counted)
			}
		}},
		{0, "the load balancer logs, drops bad headers, and is guarded in qa and prod", func(w *world, f *faults) {
			for env, m := range w.environments {
				balancer := m.one("aws_lb", "alb")
				for _, logs := range []string{"access_logs", "connection_logs"} {
					f.check(at(balancer, logs)["enabled"] == true, "%s: no %s", env.Name, logs)
				}
				f.check(balancer["drop_invalid_header_fields"] == true, "%s: bad headers get through", env.Name)
				f.check(balancer["enable_deletion_protection"] == env.Protect, "%s: deletion protection is %v", env.Name, balancer["enable_deletion_protection"])
			}
		}},
	}
}

func listenerAt(m module, port float64) block {
	for _, listener := range m.all("aws_lb_listener") {
		if listener["port"] == port {
			return listener
		}
	}
	return block{}
}
